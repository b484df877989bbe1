import { dayMs, hourMs, InvalidInput, type Money } from '#kernel';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';
import { type Bind, binder } from './completion-filter.ts';
import type {
  BoundedUsageQuestion,
  UsageGroup,
  UsageOrder,
  UsageQuestion,
} from './usage-question.ts';
import { usageSource } from './usage-source.ts';

/**
 * As they were charged: `charged` is the sum of the USAGE and FEE entries of these completions.
 * What was given back later stands beside it, in the hour of its completion, and lowers none of the
 * others.
 */
export interface UsageFigures {
  readonly requests: number;
  readonly failures: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly cost: Money;
  readonly fee: Money;
  readonly charged: Money;
  readonly refunded: Money;
}

/** An id is null where it is not grouped by, and where there was none. */
export interface UsageBucket extends UsageFigures {
  readonly key: string;
  readonly start: Date | null;
  readonly modelId: string | null;
  readonly providerId: string | null;
  readonly endpointId: string | null;
  readonly apiKeyId: string | null;
  readonly membershipId: string | null;
  readonly app: string | null;
  /** What it is ordered by, as text: with the key its place in the list. */
  readonly rank: string;
}

export interface UsageSlice {
  /** Buckets beyond this place, itself excluded; null: from the end of the list. */
  readonly beyond: { readonly rank: string; readonly key: string } | null;
  /** Walks the list from its other end. */
  readonly backward: boolean;
  readonly take: number;
}

export interface UsageAnswer {
  readonly buckets: readonly UsageBucket[];
  /** Over all buckets, whatever the slice. */
  readonly total: UsageFigures;
  readonly count: number;
}

const columns = {
  MODEL: 'model_id',
  PROVIDER: 'provider_id',
  ENDPOINT: 'endpoint_id',
  API_KEY: 'api_key_id',
  MEMBER: 'membership_id',
  APP: 'app',
} as const;

const times = {
  HOUR: { unit: 'hour', form: 'YYYY-MM-DD"T"HH24:00"Z"' },
  DAY: { unit: 'day', form: 'YYYY-MM-DD' },
  MONTH: { unit: 'month', form: 'YYYY-MM' },
} as const;

type TimeGroup = keyof typeof times;
const isTime = (group: UsageGroup): group is TimeGroup => Object.hasOwn(times, group);

const ranks: Readonly<Record<UsageOrder, string>> = {
  CHARGED: 'charged',
  REQUESTS: 'requests',
  TOKENS: 'prompt_tokens + completion_tokens',
  TIME: 'coalesce(extract(epoch FROM start)::bigint, 0)',
};

const daysMax: Partial<Record<UsageGroup, number>> = { DAY: 366, HOUR: 31 };

/** @throws InvalidInput that names the argument. */
export function checkUsageQuestion({ since, until, groupBy }: UsageQuestion, nowMs: number): void {
  const lastsMs = (until?.getTime() ?? nowMs) - since.getTime();
  if (groupBy.length === 0) throw InvalidInput.at('groupBy', 'It is empty.', 'one group or more');
  // Without an end it includes the present millisecond: the first of a month is asked about.
  if (lastsMs < 0 && !until) {
    throw InvalidInput.at(
      'since',
      'It is in the future, and there is no `until`.',
      'now or a time before',
    );
  }
  if (lastsMs <= 0 && until) {
    throw InvalidInput.at('until', 'It is not later than `since`.', 'a later time');
  }
  for (const group of groupBy) {
    const days = daysMax[group];
    if (days !== undefined && lastsMs > days * dayMs) {
      throw InvalidInput.at('since', `By ${group} this is too long a time.`, `${days} days`);
    }
  }
}

/** The hour that runs ends now: taken whole, it is read from its sums. */
export function withWholeHour(question: UsageQuestion, nowMs: number): BoundedUsageQuestion {
  const { until } = question;
  if (until && until.getTime() < nowMs) return { ...question, until };
  const endMs = until?.getTime() ?? nowMs + 1; // what ended in this millisecond, too
  return { ...question, until: new Date(Math.ceil(endMs / hourMs) * hourMs) };
}

/**
 * Reads a slice of the buckets and the sums over all of them: one statement, so one moment of the
 * ledger. What is acknowledged is to be posted before.
 */
export async function readUsage(
  db: Pick<LedgerDatabase, 'query'>,
  question: BoundedUsageQuestion,
  slice: UsageSlice,
): Promise<UsageAnswer> {
  const { bind, parameters } = binder();
  const sql = `WITH bucket AS (${bucketsOf(question, bind)}),
    ranked AS (SELECT *, (${ranks[question.orderBy]})::numeric AS rank FROM bucket),
    total AS (SELECT count(*) AS buckets, ${sums('all_')} FROM ranked),
    page AS (${pageOf(slice, bind)})
    SELECT page.*, page.rank::text AS rank_text, total.* FROM total LEFT JOIN page ON true
    ORDER BY ${orderOf(slice)}`;
  const rows = await db.query<UsageRow>(sql, parameters);
  const [first] = rows;
  return {
    buckets: rows.flatMap((row) => (row.key === null ? [] : [bucketOf(row)])),
    total: figuresOf(first ?? {}, 'all_'),
    count: Number(first?.['buckets'] ?? 0),
  };
}

function bucketsOf(question: BoundedUsageQuestion, bind: Bind): string {
  const groups = [...new Set(question.groupBy)];
  const parts = groups.map((group) => `(${partOf(group)})`);
  const finest = groups.filter(isTime).sort((a, b) => order.indexOf(a) - order.indexOf(b))[0];
  const start = finest ? startOf(finest) : 'NULL::timestamptz';
  const ids = Object.entries(columns).map(([group, column]) =>
    groups.includes(group as UsageGroup) ? `nullif(${column}, '') AS ${column}` : nothing(column),
  );
  const places = [...ids.keys(), ids.length].map((index) => index + 1).join(', ');
  return `SELECT ${ids.join(', ')}, ${start} AS start, concat_ws(' ', ${parts.join(', ')}) AS key,
      ${sums('')}
    FROM (${summedUp(groups, usageSource(question, bind))}) used
    GROUP BY ${places}, ${ids.length + 2}`;
}

/**
 * By nothing but what is asked, and by the hour: keys and days are then worked out of thousands of
 * rows instead of hundreds of thousands.
 */
function summedUp(groups: readonly UsageGroup[], source: string): string {
  const named = groups.map((group) => (isTime(group) ? 'hour' : columns[group]));
  const columnsAsked = [...new Set(named)].join(', ');
  return `SELECT ${columnsAsked}, ${sums('')} FROM (${source}) source GROUP BY ${columnsAsked}`;
}

const order: readonly UsageGroup[] = ['HOUR', 'DAY', 'MONTH'];
const nothing = (column: string) => `NULL::text AS ${column}`;
const startOf = (group: TimeGroup) => `date_trunc('${times[group].unit}', hour, 'UTC')`;

/**
 * A part of the key; what has no value is a hyphen, so that each part has its place. An application
 * that calls itself so has one more: no two buckets share a key.
 */
function partOf(group: UsageGroup): string {
  if (group === 'APP') return "coalesce(regexp_replace(nullif(app, ''), '^-+$', '\\&-'), '-')";
  if (!isTime(group)) return `coalesce(nullif(${columns[group]}, ''), '-')`;
  return `to_char(${startOf(group)} AT TIME ZONE 'UTC', '${times[group].form}')`;
}

const figures = [
  'requests',
  'failures',
  'prompt_tokens',
  'cached_tokens',
  'completion_tokens',
  'reasoning_tokens',
  'cost',
  'fee',
  'charged',
  'refunded',
] as const;

const sums = (prefix: string) =>
  figures.map((name) => `coalesce(sum(${name}), 0)::numeric AS ${prefix}${name}`).join(', ');

/** The highest first, those of one rank by key. */
const orderOf = ({ backward }: UsageSlice) =>
  backward ? 'rank ASC, key COLLATE "C" DESC' : 'rank DESC, key COLLATE "C" ASC';

function pageOf(slice: UsageSlice, bind: Bind): string {
  const where = slice.beyond ? `WHERE ${isBeyond(slice.beyond, slice, bind)}` : '';
  return `SELECT * FROM ranked ${where} ORDER BY ${orderOf(slice)} LIMIT ${bind(slice.take)}`;
}

/** Follows a place in that order. */
function isBeyond(
  place: NonNullable<UsageSlice['beyond']>,
  { backward }: UsageSlice,
  bind: Bind,
): string {
  const [rank, key] = [`${bind(place.rank)}::numeric`, bind(place.key)];
  const [lower, later] = backward ? ['>', '<'] : ['<', '>'];
  return `rank ${lower} ${rank} OR (rank = ${rank} AND key COLLATE "C" ${later} ${key})`;
}

type UsageRow = { key: string | null } & Record<string, unknown>;

/** Figures are whole numbers of the database, which arrive as bigint. */
const whole = (value: unknown) => BigInt(String(value ?? 0));
const text = (value: unknown) => (typeof value === 'string' ? value : null);

function figuresOf(row: Record<string, unknown>, prefix: string): UsageFigures {
  const figure = (name: (typeof figures)[number]) => whole(row[prefix + name]);
  return {
    requests: Number(figure('requests')),
    failures: Number(figure('failures')),
    promptTokens: Number(figure('prompt_tokens')),
    cachedTokens: Number(figure('cached_tokens')),
    completionTokens: Number(figure('completion_tokens')),
    reasoningTokens: Number(figure('reasoning_tokens')),
    cost: figure('cost'),
    fee: figure('fee'),
    charged: figure('charged'),
    refunded: figure('refunded'),
  };
}

const bucketOf = (row: UsageRow): UsageBucket => ({
  key: row.key ?? '',
  start: row['start'] instanceof Date ? row['start'] : null,
  modelId: text(row['model_id']),
  providerId: text(row['provider_id']),
  endpointId: text(row['endpoint_id']),
  apiKeyId: text(row['api_key_id']),
  membershipId: text(row['membership_id']),
  app: text(row['app']),
  rank: String(row['rank_text']),
  ...figuresOf(row, ''),
});
