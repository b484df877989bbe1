import type { CompletionFilter as Filter } from '#credits';
import type { Principal } from '#identity';
import { amountOf, InvalidInput } from '#kernel';
import { modelNamed } from '#routing';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { ErrorCode } from '../errors.ts';
import { idOf } from '../rows/paging.ts';
import { CompletionStatus, FinishReason } from './completion.ts';

const namesMax = 100;

export const CompletionFilter = builder.inputType('CompletionFilter', {
  description: 'Which completions. Every field that is given must hold.',
  fields: (t) => ({
    apiKeyId: t.id({ description: 'Run by this key.' }),
    membershipId: t.id({ description: "Spent this member's budget." }),
    model: t.string({ description: 'Answered by this model, by slug, alias, variant or id.' }),
    provider: t.string({ description: 'Answered by this provider: its slug or its id.' }),
    status: t.field({ type: CompletionStatus, description: 'In this status.' }),
    statuses: t.field({ type: [CompletionStatus], description: 'In any of these.' }),
    finishReasons: t.field({
      type: [FinishReason],
      description: 'Ended for any of these reasons.',
    }),
    errorCodes: t.field({ type: [ErrorCode], description: 'Failed with any of these codes.' }),
    user: t.string({ description: 'For this end user of yours, exactly.' }),
    sessionId: t.string({ description: 'In this session, exactly.' }),
    metadata: t.field({
      type: 'JSON',
      description: 'An object of texts: has all of these pairs.',
    }),
    minCharged: t.field({ type: 'Decimal', description: 'Charged at least this, US dollars.' }),
    since: t.field({ type: 'DateTime', description: 'Then or later.' }),
    until: t.field({ type: 'DateTime', description: 'Earlier than then.' }),
  }),
});

type Given = typeof CompletionFilter.$inferInput | null | undefined;

/** The key to which an INFERENCE key's view is narrowed; null for others. */
const ownKeyOf = (principal: Principal): string | null =>
  principal.kind === 'apiKey' && principal.apiKey.kind === 'INFERENCE' ? principal.apiKey.id : null;

/** What is in no list: a name that nothing has matches nothing, as it would in the database. */
const nobody = '-';

/** The filter as the rooms know it, narrowed to what the caller may see. */
export function askedFilter(given: Given, { rooms, principal }: Context): Filter {
  const market = rooms.catalog.market();
  const own = ownKeyOf(principal);
  const asked = given?.apiKeyId && idOf('apiKey', given.apiKeyId, 'filter.apiKeyId');
  return {
    apiKeyId: own && asked && own !== asked ? nobody : (own ?? asked ?? null),
    membershipId:
      (given?.membershipId && idOf('membership', given.membershipId, 'filter.membershipId')) ??
      null,
    modelId: given?.model == null ? null : (modelNamed(market, given.model)?.id ?? nobody),
    providerId: given?.provider == null ? null : (market.provider(given.provider)?.id ?? nobody),
    statuses: statusesOf(given),
    finishReasons: bounded(given?.finishReasons, 'filter.finishReasons'),
    errorCodes: bounded(given?.errorCodes, 'filter.errorCodes'),
    endUser: given?.user ?? null,
    sessionId: given?.sessionId ?? null,
    metadata: pairsOf(given?.metadata),
    minCharged: given?.minCharged == null ? null : amountOf(given.minCharged, 'filter.minCharged'),
  };
}

function statusesOf(given: Given): readonly string[] | null {
  const many = bounded(given?.statuses, 'filter.statuses');
  const one = given?.status;
  if (!one) return many;
  return many && !many.includes(one) ? [] : [one];
}

function bounded(list: readonly string[] | null | undefined, path: string) {
  if (list && list.length > namesMax) {
    throw InvalidInput.at(path, `There are ${list.length} of them.`, `at most ${namesMax}`);
  }
  return list ?? null;
}

function pairsOf(metadata: unknown): Readonly<Record<string, string>> | null {
  if (metadata === null || metadata === undefined) return null;
  const isObject = typeof metadata === 'object' && !Array.isArray(metadata);
  const pairs = isObject ? Object.entries(metadata) : [];
  if (isObject && pairs.every(([, value]) => typeof value === 'string')) {
    return Object.fromEntries(pairs);
  }
  throw InvalidInput.at('filter.metadata', 'It is not an object of strings.', '{"team": "search"}');
}
