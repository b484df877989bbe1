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
 *
 * A folder is named for the room that its types speak of; `rows` has what all lists share, `rest`
 * the shapes of the REST surface.
 */
import './scalars.ts';
import './errors.ts';
import './platform.ts';
import './audit-log.ts';
import './catalog/administration.ts';
import './catalog/changes-feed.ts';
import './catalog/changes.ts';
import './catalog/endpoint.ts';
import './catalog/model.ts';
import './catalog/models.ts';
import './catalog/pricing.ts';
import './catalog/provider.ts';
import './completions/comparison.ts';
import './completions/completion.ts';
import './completions/embed.ts';
import './completions/estimate-cost.ts';
import './completions/events.ts';
import './completions/feed.ts';
import './completions/list.ts';
import './completions/operations.ts';
import './completions/subscriptions.ts';
import './credits/account-feed.ts';
import './credits/alerts.ts';
import './credits/credits.ts';
import './credits/movements.ts';
import './credits/purchases.ts';
import './credits/statement.ts';
import './credits/usage-report.ts';
import './identity/api-key-lists.ts';
import './identity/api-key-operations.ts';
import './identity/invitation-operations.ts';
import './identity/member-lists.ts';
import './identity/member-operations.ts';
import './identity/organization-operations.ts';
import './identity/organization.ts';
import './identity/rate-limit.ts';
import './identity/viewer.ts';
import './metrics/metrics-feed.ts';
import './metrics/rankings-feed.ts';
import './metrics/rankings.ts';
import './provider-keys/operations.ts';
import './provider-keys/provider-key.ts';
import './routing/routing-policy.ts';
import './routing/routing.ts';
import { builder } from './builder.ts';

builder.queryType({ description: 'Everything that can be read.' });
builder.mutationType({ description: 'Everything that can be changed. One at a time, in order.' });
builder.subscriptionType({ description: 'Everything that is delivered as it happens.' });

export const schema = builder.toSchema();

export { ordersByTraffic, scoresOf } from './catalog/market-scores.ts';
export type { Context, PlatformFacts, Rooms } from './context.ts';
export type * from './doors.ts';
export * from './rest/index.ts';
