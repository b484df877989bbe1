import type {
  UsageGroup as Group,
  UsageOrder as Order,
  UsageAnswer,
  UsageBucket,
  UsageFigures,
} from '#credits';
import { builder } from '../builder.ts';
import { askedFilter, CompletionFilter } from '../completions/filter.ts';
import type { Context } from '../context.ts';
import { describedEnum } from '../described.ts';
import { OrganizationRef } from '../identity/organization.ts';
import { forwardArgs, PageInfoRef, pageCost } from '../rows/connection.ts';
import {
  type Connection,
  type Edge,
  type Keyset,
  type PageArgs,
  tablePage,
} from '../rows/paging.ts';
import { UsageBucketRef } from './usage-bucket.ts';

const groups: Record<Group, string> = {
  MODEL: 'The model that answered.',
  PROVIDER: 'The provider that answered.',
  ENDPOINT: 'The endpoint that answered.',
  API_KEY: 'The key that asked.',
  MEMBER: 'The member whose budget it spent.',
  APP: 'The application that asked.',
  DAY: 'The day in which it ended, UTC; at most 366 of them.',
  HOUR: 'The hour in which it ended, UTC; at most 31 days of them.',
  MONTH: 'The calendar month in which it ended, UTC.',
};

const UsageGroup = describedEnum('UsageGroup', 'What usage can be grouped by.', groups);

const orders: Record<Order, string> = {
  CHARGED: 'What was charged, the most first.',
  REQUESTS: 'Number of completions, the most first.',
  TOKENS: 'Tokens of prompts and answers together, the most first.',
  TIME: 'By `start`, the newest first; by key where there is no group of time.',
};

const UsageOrder = describedEnum('UsageOrder', 'What buckets are sorted by.', orders);

interface UsagePage extends Connection<UsageBucket> {
  total(): UsageBucket;
}

const UsageBucketEdge = builder.objectRef<Edge<UsageBucket>>('UsageBucketEdge').implement({
  description: 'One row of a list of usage.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', {
      description: 'Its place in this list, for `after`; belongs to this list only.',
    }),
    node: t.expose('node', { type: UsageBucketRef, description: 'The row itself.' }),
  }),
});

const UsageConnection = builder.objectRef<UsagePage>('UsageConnection').implement({
  description: 'A page of usage.',
  fields: (t) => ({
    edges: t.expose('edges', {
      type: [UsageBucketEdge],
      description: 'The rows, each with its cursor.',
      complexity: { field: 0, multiplier: 1 },
    }),
    nodes: t.field({
      type: [UsageBucketRef],
      description: 'The rows without cursors.',
      complexity: { field: 0, multiplier: 1 },
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.expose('pageInfo', {
      type: PageInfoRef,
      description: 'Where this page is in the list.',
      complexity: 0,
    }),
    totalCount: t.int({
      description: 'Buckets in the whole list.',
      resolve: (page) => page.totalCount(),
    }),
    total: t.field({
      type: UsageBucketRef,
      description: 'Over all buckets, not this page alone.',
      resolve: (page) => page.total(),
    }),
  }),
});

/** A place in the list: what it is sorted by, then the key. A made-up rank is taken for 0. */
const highestFirst: Keyset<UsageBucket, { rank: string; key: string }, boolean> = {
  key: ({ rank, key }) => [rank, key],
  beyond: ([rank = '', key = '']) => ({
    rank: /^\d{1,40}(\.\d{1,20})?$/.test(rank) ? rank : '0',
    key,
  }),
  orderBy: (backward) => backward,
};

type Time = Date | null | undefined;
const latest = (a: Time, b: Time) => (a && b && a > b ? a : (b ?? a));
const earliest = (a: Time, b: Time) => (a && b && a < b ? a : (b ?? a));

/** An absent beginning is that of the current calendar month, or of the one that the end closes. */
function beginningOf(until: Time, nowMs: number): Date {
  const last = new Date(until ? until.getTime() - 1 : nowMs); // the end itself is outside
  return new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth()));
}

interface UsageArgs extends PageArgs {
  readonly since?: Time;
  readonly until?: Time;
  readonly groupBy: readonly Group[];
  readonly filter?: typeof CompletionFilter.$inferInput | null | undefined;
  readonly orderBy: Order;
}

async function usageOf(organizationId: string, asked: UsageArgs, context: Context) {
  const { since, until, groupBy, filter, orderBy, ...args } = asked;
  const { rooms } = context;
  const [from, to] = [latest(since, filter?.since), earliest(until, filter?.until)];
  const period = { since: from ?? beginningOf(to, rooms.clock.now()), until: to ?? null };
  const filtered = askedFilter(filter, context);
  const question = { organizationId, ...period, groupBy, filter: filtered, orderBy };
  let whole: UsageAnswer | null = null;
  const page = await tablePage({
    list: `usage:${organizationId}:${orderBy}:${groupBy.join(',')}`,
    args,
    keyset: highestFirst,
    async find(beyond, backward, take) {
      const answer = await rooms.billing.usage(question, { beyond, backward, take });
      whole ??= answer;
      return [...answer.buckets];
    },
    count: async () => whole?.count ?? 0,
  });
  return { ...page, total: () => totalOf(whole?.total) };
}

/** The bucket of all buckets. */
function totalOf(figures: UsageFigures | undefined): UsageBucket {
  const nobody = { modelId: null, providerId: null, endpointId: null, apiKeyId: null };
  const rest = { membershipId: null, app: null, start: null, key: 'total', rank: '0' };
  return { ...nobody, ...rest, ...(figures ?? noFigures) };
}

const noFigures: UsageFigures = {
  requests: 0,
  failures: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  cost: 0n,
  fee: 0n,
  charged: 0n,
  refunded: 0n,
};

builder.objectField(OrganizationRef, 'usage', (t) =>
  t.field({
    type: UsageConnection,
    nullable: true,
    authScopes: ({ id }) => ({
      organization: {
        organizationId: id,
        anyOf: ['CREDITS_READ', 'COMPLETIONS_READ', 'COMPLETIONS_RUN'],
      },
    }),
    description:
      'Settled usage, equal to the ledger at every moment. Both times absent: the current ' +
      'calendar month to now. At most 366 days by DAY, 31 by HOUR, else INVALID_INPUT. A filter ' +
      'by key, member, model or provider is answered from sums by the hour; every other one, and ' +
      'what begins or ends within an hour, from the completions, for as long as their details ' +
      'are kept. An INFERENCE key sees its own. Null, with a FORBIDDEN error at this path, when ' +
      'the role of the caller does not include it.',
    args: {
      ...forwardArgs,
      since: t.arg({ type: 'DateTime', description: 'Ended then or later.' }),
      until: t.arg({ type: 'DateTime', description: 'Ended earlier than then.' }),
      groupBy: t.arg({
        type: [UsageGroup],
        required: true,
        defaultValue: ['MODEL'],
        description: 'One group or more; each combination that occurs is a bucket.',
      }),
      filter: t.arg({ type: CompletionFilter, description: 'Of which completions.' }),
      orderBy: t.arg({
        type: UsageOrder,
        required: true,
        defaultValue: 'CHARGED',
        description: 'What comes first.',
      }),
    },
    complexity: pageCost,
    resolve: ({ id }, args, context) => usageOf(id, args, context),
  }),
);
