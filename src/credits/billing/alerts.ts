import { InvalidInput, type Money, positive, together } from '#kernel';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';

type Database = Pick<LedgerDatabase, 'query'>;

const thresholdsMax = 10;

/** @throws InvalidInput that names each that is wrong. */
export function thresholdsOf(texts: readonly string[]): readonly Money[] {
  if (texts.length > thresholdsMax) {
    const message = `There are ${texts.length} of them.`;
    throw InvalidInput.at('thresholds', message, `at most ${thresholdsMax}`);
  }
  const readers = texts.map(
    (text, index) => [index, () => positive(text, `thresholds.${index}`)] as const,
  );
  return Object.values(together(Object.fromEntries(readers)));
}

/** Replaces the balances of which an organization wants to be told. */
export async function writeAlertThresholds(
  db: Database,
  organizationId: string,
  thresholds: readonly Money[],
): Promise<void> {
  const distinct = [...new Set(thresholds)].sort((a, b) => (a < b ? 1 : -1)).map(String);
  await db.query(
    `INSERT INTO billing (organization_id, alert_thresholds) VALUES ($1, $2::bigint[])
      ON CONFLICT (organization_id) DO UPDATE SET alert_thresholds = $2::bigint[]`,
    [organizationId, distinct],
  );
}

/** The limits that keys and members have in the periods that run now. */
const limits = `
  SELECT k.organization_id AS organization, w.id AS allowance, k.credit_limit AS "limit"
    FROM allowance w JOIN api_key k ON w.subject = 'API_KEY' AND k.id = w.subject_id
    WHERE k.credit_limit > 0 AND k.revoked_at IS NULL AND w.number = k.limit_number
      AND w.period_start = CASE k.limit_period
      WHEN 'DAILY' THEN date_trunc('day', now(), 'UTC')
      WHEN 'WEEKLY' THEN date_trunc('week', now(), 'UTC')
      WHEN 'MONTHLY' THEN date_trunc('month', now(), 'UTC')
      ELSE to_timestamp(0) END
  UNION ALL SELECT m.organization_id, w.id, m.monthly_budget
    FROM allowance w JOIN membership m ON w.subject = 'MEMBER' AND m.id = w.subject_id
    WHERE m.monthly_budget > 0 AND m.removed_at IS NULL AND w.number = m.budget_number
      AND w.period_start = date_trunc('month', now(), 'UTC')`;

/** Notes what has fallen below a threshold or nears its limit, and answers whose it is. */
export async function noteAlerts(db: Database): Promise<readonly string[]> {
  const rows = await db.query<{ organization: string }>(
    `SELECT credit_alerts_note((SELECT coalesce(jsonb_agg(to_jsonb(l)), '[]') FROM (${limits}) l))
      AS organization`,
  );
  return rows.map(({ organization }) => organization);
}
