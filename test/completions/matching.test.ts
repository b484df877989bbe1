import { expect, it } from 'vitest';
import { Fault } from '#kernel';
import type { CompletionsQuestion } from '../../src/completions/history/list.ts';
import { matches } from '../../src/completions/history/matching.ts';
import { stand } from './stand.ts';

const { completion: ended } = await stand({}).run({
  user: 'u',
  sessionId: 's',
  metadata: { a: '1' },
});
const market = stand({}).rooms.market();
const completion = {
  ...ended,
  apiKeyId: 'key_1',
  membershipId: 'mem_1',
  error: new Fault('UPSTREAM_FAILED', { public: 'It failed.' }),
};
const providerId = market.endpoint(completion.endpointId ?? '')?.provider.id ?? '';
const question = (given: Partial<CompletionsQuestion>): CompletionsQuestion => ({
  organizationId: completion.organizationId ?? '',
  filter: {},
  since: null,
  until: null,
  ...given,
});
const charged = completion.usage.charged;
const later = new Date(completion.createdAt.getTime() + 1);

it.each([
  [{}, { organizationId: 'org_other' }],
  [{ filter: { apiKeyId: 'key_1' } }, { filter: { apiKeyId: 'key_2' } }],
  [{ filter: { membershipId: 'mem_1' } }, { filter: { membershipId: 'mem_2' } }],
  [{ filter: { modelId: completion.modelId } }, { filter: { modelId: '-' } }],
  [{ filter: { providerId } }, { filter: { providerId: '-' } }],
  [{ filter: { statuses: ['SUCCEEDED'] } }, { filter: { statuses: [] } }],
  [{ filter: { finishReasons: ['STOP', 'LENGTH'] } }, { filter: { finishReasons: ['BUDGET'] } }],
  [{ filter: { errorCodes: ['UPSTREAM_FAILED'] } }, { filter: { errorCodes: ['INTERNAL'] } }],
  [{ filter: { endUser: 'u' } }, { filter: { endUser: 'v' } }],
  [{ filter: { sessionId: 's' } }, { filter: { sessionId: 't' } }],
  [{ filter: { metadata: { a: '1' } } }, { filter: { metadata: { a: '1', b: '2' } } }],
  [{ filter: { minCharged: charged } }, { filter: { minCharged: charged + 1n } }],
  [{ since: completion.createdAt }, { since: later }],
  [{ until: later }, { until: completion.createdAt }],
] satisfies [Partial<CompletionsQuestion>, Partial<CompletionsQuestion>][])(
  'condition %# is met, its opposite is not',
  (met, other) => {
    expect(matches(question(met), completion, market)).toBe(true);
    expect(matches(question(other), completion, market)).toBe(false);
  },
);
