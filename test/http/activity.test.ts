import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Credits } from '#credits';
import { dayMs, seededRandom } from '#kernel';
import type { Storage } from '#storage';
import { activityRows } from '../../src/http/account/activity.ts';
import { creditsOf } from '../../src/http/account/credits.ts';
import {
  credit,
  dollars,
  newCompletion,
  openNode,
  organization,
  recordOf,
} from '../credits/node.ts';
import { freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

const firstMs = Date.UTC(2026, 1, 26);
const days = 5;
let storage: Storage;
let credits: Credits;
let acme: string;

beforeAll(async () => {
  storage = await freshDatabase('embedded');
  credits = await openNode(storage);
  acme = await organization(storage, 100_000);
}, 120_000);
afterAll(async () => {
  await credits.close();
  await storage.close();
});

/** As the completions themselves add up. */
const addedUp = (apiKeyId: string | null, [from, to]: readonly [Date, Date]) =>
  storage.query(
    `SELECT to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
        endpoint_id AS "endpointId", sum(charged - refunded)::bigint AS charged,
        coalesce(sum(upstream_cost) FILTER (WHERE own_provider_key), 0)::bigint AS own,
        count(*) AS requests, sum(prompt_tokens) AS "promptTokens",
        sum(completion_tokens) AS "completionTokens", sum(reasoning_tokens) AS "reasoningTokens"
      FROM completion WHERE organization_id = $1 AND endpoint_id IS NOT NULL
        AND ($2::text IS NULL OR api_key_id = $2) AND finished_at >= $3 AND finished_at < $4
      GROUP BY 1, 2 ORDER BY 1 DESC, 2`,
    [acme, apiKeyId, from, to],
  );

test('activity and credits are what completions and entries add up to, exactly', async () => {
  const random = seededRandom('activity');
  const upTo = (most: number) => Math.floor(random.next() * most);
  const oneOf = <Value>(...values: readonly Value[]) => values[upTo(values.length)] as Value;
  for (let n = 0; n < 150; n++) {
    const midnight = firstMs + upTo(days) * dayMs;
    const endsMs = midnight + oneOf(0, -1, upTo(dayMs));
    const endedAt = new Date(endsMs).toISOString();
    const completion = newCompletion(credits.session, virtualClock(endsMs - upTo(3_000)));
    const hold = await credits.admit({ completion, targets: [credit(acme)], amount: dollars(50) });
    const tokens = upTo(40);
    await hold.end(
      recordOf(completion, acme, tokens, {
        ...{ createdAt: endedAt, finishedAt: endedAt },
        apiKeyId: oneOf(null, 'key_a', 'key_b'),
        endpointId: oneOf(null, 'end_1', 'end_2'),
        tokens: { prompt: tokens, completion: upTo(9), cacheRead: 0, cacheWrite: 0, reasoning: 7 },
        ...oneOf({}, { ownProviderKey: true, upstreamCost: dollars(upTo(30)) + 7n }),
      }),
    );
    await credits.flush();
    if (tokens > 0 && upTo(4) === 0) {
      const refund = `SELECT completion_refund($1, $2::bigint, $3, 'A test', NULL)`;
      await storage.query(refund, [completion, 1 + upTo(1_000), `r${n}`]);
    }
  }
  const single = Array.from({ length: days }, (_, day) => ({ day, lasts: 1 }));
  for (const apiKeyId of [null, 'key_a', 'key_c']) {
    for (const { day, lasts } of [{ day: -1, lasts: days + 2 }, ...single]) {
      const from = new Date(firstMs + day * dayMs);
      const to = new Date(from.getTime() + lasts * dayMs);
      const rows = await activityRows({ storage }, { organizationId: acme, apiKeyId, from, to });
      expect(rows).toEqual(await addedUp(apiKeyId, [from, to]));
      if (apiKeyId !== 'key_c') expect(rows.length).toBeGreaterThan(0);
    }
  }
  const [entered] = await storage.query(
    `SELECT sum(e.amount) AS balance,
        -sum(e.amount) FILTER (WHERE e.kind IN ('USAGE', 'FEE', 'REFUND')) AS used
      FROM entry e JOIN credit_account a ON a.id = e.account_id WHERE a.organization_id = $1`,
    [acme],
  );
  expect(await creditsOf({ storage }, acme)).toEqual(entered);
}, 120_000);
