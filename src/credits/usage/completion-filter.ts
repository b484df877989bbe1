import type { Money } from '#kernel';
import { storable } from '../journal/journal-record.ts';

/** Which completions are meant; what is absent or null restricts nothing. */
export interface CompletionFilter {
  readonly apiKeyId?: string | null;
  readonly membershipId?: string | null;
  readonly modelId?: string | null;
  readonly providerId?: string | null;
  readonly statuses?: readonly string[] | null;
  readonly finishReasons?: readonly string[] | null;
  readonly errorCodes?: readonly string[] | null;
  readonly endUser?: string | null;
  readonly sessionId?: string | null;
  /** All of these pairs. */
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly minCharged?: Money | null;
}

/** Takes a value and answers how a statement speaks of it: `$1`, `$2`, … */
export type Bind = (value: unknown) => string;

/** The parameters of a statement, in the order in which they were bound. */
export function binder(): { readonly bind: Bind; readonly parameters: unknown[] } {
  const parameters: unknown[] = [];
  return { parameters, bind: (value) => `$${parameters.push(value)}` };
}

/** The lowest id of what was asked for at `at` or later. Ids count from 1970: none is older. */
export const idFloor = (at: Date, bind: Bind): string =>
  `completion_id_floor(${bind(new Date(Math.max(at.getTime(), 0)))}::timestamptz)`;

type Conditions = readonly (string | false | null | undefined)[];

/** What can be asked of the usage by hour, whose columns these are. */
function ofUsage(filter: CompletionFilter, bind: Bind): Conditions {
  return [
    filter.apiKeyId && `api_key_id = ${bind(filter.apiKeyId)}`,
    filter.membershipId && `membership_id = ${bind(filter.membershipId)}`,
    filter.modelId && `model_id = ${bind(filter.modelId)}`,
    filter.providerId && `provider_id = ${bind(filter.providerId)}`,
  ];
}

function ofDetails(filter: CompletionFilter, bind: Bind): Conditions {
  const { statuses, finishReasons, errorCodes, endUser, sessionId, metadata, minCharged } = filter;
  return [
    statuses && `status::text = ANY (${bind(statuses)})`,
    finishReasons && `finish_reason::text = ANY (${bind(finishReasons)})`,
    errorCodes && `error ->> 'code' = ANY (${bind(errorCodes)})`,
    endUser != null && `end_user = ${bind(endUser)}`,
    sessionId != null && `session_id = ${bind(sessionId)}`,
    // no pair asks nothing, and has what carries no metadata, too
    metadata &&
      Object.keys(metadata).length > 0 &&
      `metadata @> ${bind(storable(metadata))}::jsonb`,
    minCharged != null && `charged >= ${bind(minCharged.toString())}::numeric`,
  ];
}

/** True when usage by hour knows all that is asked; else only the completions themselves do. */
export const answeredByUsage = (filter: CompletionFilter): boolean =>
  ofDetails(filter, () => '').every((condition) => !condition);

/** The filter as conditions, each beginning with AND. */
export function conditionsOf(filter: CompletionFilter, bind: Bind): string {
  const conditions = [...ofUsage(filter, bind), ...ofDetails(filter, bind)];
  return conditions.flatMap((condition) => (condition ? [` AND ${condition}`] : [])).join('');
}
