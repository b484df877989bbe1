/**
 * schema: every promise made to the outside, as code. Owns the GraphQL types and what each of them
 * says; refuses to decide anything: a resolver hands a selection to a reader or calls one function
 * of a room.
 *
 * 1. Every type, field, argument, input field and enum value is described.
 * 2. An expected failure of a mutation is data; a fault that is not in its union stays an error.
 * 3. What belongs to another tenant answers exactly like what does not exist.
 * 4. Money and prices leave as exact decimals, never as floats.
 * 5. A subscription that is refused has started nothing.
 */
import './scalars.ts';
import './errors.ts';
import './pricing.ts';
import './endpoint.ts';
import './provider.ts';
import './model.ts';
import './models.ts';
import './rankings.ts';
import './metrics-feed.ts';
import './rankings-feed.ts';
import './catalog-changes.ts';
import './catalog-changes-feed.ts';
import './platform.ts';
import './rate-limit.ts';
import './catalog-administration.ts';
import './organization.ts';
import './member-lists.ts';
import './api-key-lists.ts';
import './viewer.ts';
import './organization-operations.ts';
import './member-operations.ts';
import './invitation-operations.ts';
import './api-key-operations.ts';
import './routing-policy.ts';
import './provider-key.ts';
import './provider-key-operations.ts';
import './audit-log.ts';
import './credits.ts';
import './statement.ts';
import './movements.ts';
import './purchases.ts';
import './credit-alerts.ts';
import './account-feed.ts';
import './routing.ts';
import './completion.ts';
import './completion-list.ts';
import './usage-report.ts';
import './completion-events.ts';
import './completion-operations.ts';
import './completion-subscriptions.ts';
import './comparison.ts';
import './completions-feed.ts';
import './embed.ts';
import './estimate-cost.ts';
import { builder } from './builder.ts';

builder.queryType({ description: 'Everything that can be read.' });
builder.mutationType({ description: 'Everything that can be changed. One at a time, in order.' });
builder.subscriptionType({ description: 'Everything that is delivered as it happens.' });

export const schema = builder.toSchema();

export type { Context, PlatformFacts, Rooms } from './context.ts';
export type * from './doors.ts';
export * from './rest/index.ts';
