import type { LeaseTarget } from './lease-statements.ts';
import type { LedgerDatabase } from './ledger-database.ts';

export interface Finding {
  /** 1 to 12, as docs/LEDGER.md numbers them. */
  readonly invariant: number;
  readonly title: string;
  readonly holds: boolean;
  /** The first thing that breaks it. */
  readonly violation?: string;
}

interface Check {
  readonly title: string;
  /**
   * Answers what breaks the invariant, as `violation`; one statement, so one state of the database.
   */
  readonly sql: string;
}

/**
 * The ledger's invariants, as far as a database shows them, one by one; on a running server too,
 * since each check is one statement and so sees one moment.
 */
export async function* auditLedger(database: Database): AsyncIterable<Finding> {
  for (const [index, { title, sql }] of checks.entries()) {
    const [first] = await violationsOf(database, `${sql} LIMIT 1`);
    const found = { invariant: index + 1, title, holds: first === undefined };
    yield first ? { ...found, violation: first.violation } : found;
  }
}

type Database = Pick<LedgerDatabase, 'query'>;

/** Asks again where a month of completions was dropped just before the statement came to it. */
async function violationsOf(database: Database, sql: string): Promise<{ violation: string }[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await database.query<{ violation: string }>(sql);
    } catch (thrown) {
      if (tries === triesMax || !(thrown instanceof Error && isUndefinedTable(thrown)))
        throw thrown;
    }
  }
}

const triesMax = 3;
/** SQLSTATE undefined_table. */
const isUndefinedTable = (error: Error) => 'code' in error && error.code === '42P01';

/** What a posted charge must look like on the customer's side: `c` is the completion. */
const charges = `e.completion_id = c.id AND e.kind IN ('USAGE', 'FEE')`;

const leases = (kind: LeaseTarget['kind']) =>
  `SELECT target, sum(amount) AS amount FROM lease WHERE kind = '${kind}' GROUP BY target`;

const byDay = (table: string, time: string) =>
  `SELECT organization_id, date_trunc('day', ${time}, 'UTC') AS day, api_key_id, membership_id,
      model_id, endpoint_id, provider_id, app, shard, sum(requests), sum(failures),
      sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(reasoning_tokens),
      sum(cost), sum(fee), sum(charged), sum(refunded), sum(own_cost)
    FROM ${table} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`;

const checks: readonly Check[] = [
  {
    title: 'The entries of every transaction sum to zero, and nothing can change them',
    sql: `SELECT 'transaction ' || tx_id || ' sums to ' || sum(amount) AS violation
        FROM entry GROUP BY tx_id HAVING sum(amount) <> 0
      UNION ALL SELECT 'trigger ' || t.name || ' of ' || t.of || ' is missing or off'
        FROM (VALUES ('append_only', 'entry'), ('append_only', 'ledger_tx'),
          ('entries_sum_to_zero', 'entry')) AS t(name, of)
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = t.name
          AND tgrelid = t.of::regclass AND tgenabled = 'O')`,
  },
  {
    title: 'A balance is the sum of its entries and the last balance after, numbered without a gap',
    sql: `SELECT 'account ' || a.id || ': balance ' || a.balance || ', entries '
          || coalesce(s.total, 0) || ', numbered to ' || a.seq || ' with '
          || coalesce(s.count, 0) AS violation
        FROM credit_account a
        LEFT JOIN (SELECT account_id, sum(amount) AS total, count(*) AS count, max(seq) AS last
          FROM entry GROUP BY account_id) s ON s.account_id = a.id
        WHERE a.balance <> coalesce(s.total, 0) OR a.seq <> coalesce(s.count, 0)
          OR a.seq <> coalesce(s.last, 0)
      UNION ALL SELECT 'entry ' || id || ' of ' || account_id || ' breaks the chain of balances'
        FROM (SELECT id, account_id, amount, balance_after,
            lag(balance_after, 1, 0) OVER (PARTITION BY account_id ORDER BY seq) AS before
          FROM entry) chain
        WHERE balance_after <> before + amount`,
  },
  {
    title: 'What is leased is what live sessions have leased, and never more than the balance',
    sql: `SELECT 'account ' || a.id || ': leased ' || a.leased || ' of ' || a.balance || ', leases '
          || coalesce(l.amount, 0) AS violation
        FROM credit_account a
        LEFT JOIN (${leases('ACCOUNT')}) l ON l.target = a.id
        WHERE a.leased <> coalesce(l.amount, 0) OR a.leased < 0
          OR (a.kind = 'ORGANIZATION' AND a.leased > a.balance)
      UNION ALL SELECT 'allowance ' || w.id || ': leased ' || w.leased || ', leases '
          || coalesce(l.amount, 0)
        FROM allowance w
        LEFT JOIN (${leases('ALLOWANCE')}) l ON l.target = w.id
        WHERE w.leased <> coalesce(l.amount, 0) OR w.leased < 0`,
  },
  {
    title: 'What a node holds is within what it has leased',
    sql: `SELECT 'session ' || session || ' holds ' || held || ' of a lease of ' || amount
          || ' of ' || target AS violation
        FROM lease WHERE held < 0 OR held > amount`,
  },
  {
    title: 'A completion is charged at most once, and a claim by at most one completion',
    sql: `SELECT 'completion ' || completion_id || ' is charged ' || count(*) || ' times'
          AS violation
        FROM entry WHERE kind IN ('USAGE', 'FEE') AND completion_id IS NOT NULL
        GROUP BY completion_id HAVING count(*) > 1
      UNION ALL SELECT 'claim ' || key || ' counts as charged, but its completion '
          || completion || ' is not posted'
        FROM claim k WHERE outcome = 'CHARGED'
          AND NOT EXISTS (SELECT FROM completion c WHERE c.id = k.completion)`,
  },
  {
    title: 'What is posted is posted whole: a charge has its entry, an entry its completion',
    sql: `SELECT 'completion ' || c.id || ' charged ' || c.charged || ', entered '
          || coalesce((SELECT -sum(e.amount) FROM entry e WHERE ${charges}), 0) AS violation
        FROM completion c
        WHERE c.charged <> coalesce((SELECT -sum(e.amount) FROM entry e WHERE ${charges}), 0)
      UNION ALL SELECT 'entry ' || e.id || ' is for completion ' || e.completion_id
          || ', which is not there'
        FROM entry e WHERE e.completion_id >= (SELECT "from" FROM completion_kept)
          AND NOT EXISTS (SELECT FROM completion c WHERE c.id = e.completion_id)`,
  },
  {
    title:
      'A bill adds up: lines, cost and fee to what is charged, of which at most all is refunded',
    sql: `SELECT 'completion ' || id || ': lines ' || lines_total || ', cost ' || cost
          || ', fee ' || fee || ', charged ' || charged || ', refunded ' || refunded AS violation
        FROM (SELECT *, (SELECT coalesce(sum((line ->> 'amount')::numeric), 0)
          FROM jsonb_array_elements(lines) line) AS lines_total FROM completion) c
        WHERE lines_total <> charged OR charged <> cost + fee OR refunded > charged
          OR refunded < 0 OR waived < 0`,
  },
  {
    title: 'A session that has ended has no lease and no journal row',
    sql: `SELECT 'session ' || s.id || ' is ' || s.state || ' and has a lease of ' || l.target
          AS violation
        FROM lease l JOIN node_session s ON s.id = l.session WHERE s.state <> 'LIVE'
      UNION ALL SELECT 'session ' || s.id || ' is ' || s.state || ' and has journal row ' || j.n
        FROM journal j JOIN node_session s ON s.id = j.session WHERE s.state <> 'LIVE'`,
  },
  {
    title: 'No live session is past its end while others are renewed',
    sql: `SELECT 'session ' || s.id || ' was renewed ' || c.tick - s.renewed_tick || ' ticks ago'
          AS violation
        FROM node_session s, clock c WHERE s.state = 'LIVE' AND c.tick - s.renewed_tick > 60`,
  },
  {
    title:
      'Usage by hour is what the ledger charged, by day the sum of hours; a limit counts its charges',
    sql: `SELECT 'organization ' || organization_id || ' at ' || hour || ': usage ' || sum(usage)
          || ', ledger ' || sum(entered) AS violation
        FROM (
          SELECT organization_id, hour, charged AS usage, 0 AS entered FROM rollup
          UNION ALL
          SELECT a.organization_id, date_trunc('hour', e.at, 'UTC'), 0, -e.amount
          FROM entry e JOIN credit_account a ON a.id = e.account_id
          WHERE a.kind = 'ORGANIZATION' AND e.kind IN ('USAGE', 'FEE')
        ) both_sides GROUP BY organization_id, hour HAVING sum(usage) <> sum(entered)
      UNION ALL SELECT 'organization ' || organization_id || ' on ' || day
          || ': usage by day is not that of its hours'
        FROM (
          (${byDay('day_rollup', 'day')} EXCEPT ${byDay('rollup', 'hour')})
          UNION ALL (${byDay('rollup', 'hour')} EXCEPT ${byDay('day_rollup', 'day')})
        ) uneven
      UNION ALL SELECT 'allowance ' || w.id || ': spent ' || w.spent || ', charged '
          || w.carried + coalesce(s.total, 0)
        FROM allowance w
        LEFT JOIN (SELECT id, sum(total) AS total FROM (
          SELECT a ->> 'id' AS id, sum(c.charged - c.refunded) AS total
          FROM completion c, jsonb_array_elements(c.allowances) a GROUP BY 1
          UNION ALL SELECT * FROM completion_uncarried()) each GROUP BY 1) s ON s.id = w.id
        WHERE w.spent <> w.carried + coalesce(s.total, 0)`,
  },
  {
    title: 'The platform pays only for what came late and no longer fitted',
    sql: `SELECT 'entry ' || e.id || ' of platform:late-loss: ' || e.amount || ' for completion '
          || coalesce(e.completion_id, 'none') AS violation
        FROM entry e LEFT JOIN completion c ON c.id = e.completion_id
        LEFT JOIN node_session s ON s.id = c.session
        WHERE e.account_id = 'platform:late-loss'
          AND (e.completion_id IS NULL OR c.id IS NOT NULL
            OR e.completion_id >= (SELECT "from" FROM completion_kept))
          AND (c.id IS NULL OR c.charged <> 0 OR -e.amount > c.waived OR s.state = 'LIVE')`,
  },
  {
    title: 'What is owed is at most what went back or is disputed, and never below nothing',
    sql: `SELECT 'account ' || r.id || ' has ' || r.balance || ' of ' || coalesce(sum(
          LEAST(p.amount, p.returned + p.disputed)), 0) || ' that went back' AS violation
        FROM credit_account r LEFT JOIN purchase p ON receivable_of(p.organization_id) = r.id
        WHERE r.id LIKE 'receivable:%' GROUP BY r.id, r.balance
        HAVING r.balance > 0
          OR -r.balance > coalesce(sum(LEAST(p.amount, p.returned + p.disputed)), 0)`,
  },
];
