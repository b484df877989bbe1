import { setTimeout as pause } from 'node:timers/promises';
import { formatMoney } from '#kernel';
import type { Customer } from '../harness/whole-app.ts';
import { type Answer, type Load, load } from './load.ts';
import { eachCosts, type Stage } from './stage.ts';

/** What was seen, and what of it must not be. */
export interface Report {
  readonly seen: readonly string[];
  readonly broken: readonly string[];
}

const beforeMs = 5_000;
const awayMs = 60_000;
const afterMs = 10_000;
const catchUpMs = 60_000;

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, each) => total + each, 0n);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** PostgreSQL is away for all nodes: they go on within their leases. */
export async function awayForAll(stage: Stage): Promise<Report> {
  const customers = await stage.newCustomer('1000');
  const loss = await stage.lateLoss();
  const loads = customers.map(load);
  await pause(beforeMs);
  await stage.postgres.crash();
  await pause(awayMs);
  await stage.postgres.start();
  await pause(afterMs);
  const answers = (await ended(loads)).flat();
  const { seen, broken } = await settled(stage, customers[0], answers);
  const refused = answers.filter(({ status }) => status !== 200);
  const away = answers.filter(({ askedMs }) => askedMs > beforeMs && askedMs < beforeMs + awayMs);
  if (refused.length > 0) broken.push(`refused: ${told(refused)}`);
  if ((await stage.lateLoss()) !== loss) broken.push('something came late');
  return { seen: [`${away.length} completions asked while it was away`, ...seen], broken };
}

/** It is away for one node alone: that one stops admitting, the other goes on. */
export async function awayForOne(stage: Stage): Promise<Report> {
  const customers = await stage.newCustomer('1000');
  const [{ way }] = stage.nodes;
  const loads = customers.map(load);
  await pause(beforeMs);
  await way.cut();
  await pause(awayMs);
  await way.heal();
  await pause(afterMs);
  const [alone = [], other = []] = await ended(loads);
  const { seen, broken } = await settled(stage, customers[0], [...alone, ...other]);
  const away = alone.filter(({ askedMs }) => askedMs > beforeMs && askedMs < beforeMs + awayMs);
  const last = Math.max(...away.filter(({ id }) => id).map(({ askedMs }) => askedMs)) - beforeMs;
  if (!(last > 30_000 && last <= 45_000)) broken.push('it did not stop at 45 s');
  const refused = other.filter(({ status }) => status !== 200);
  if (refused.length > 0) broken.push(`the other one refused: ${told(refused)}`);
  const stopped = `cut off, it admitted for ${seconds(last)}, then refused: ${told(away)}`;
  return { seen: [stopped, ...seen], broken };
}

const ended = (loads: readonly Load[]) => Promise.all(loads.map((each) => each.end()));

/** How many got which status, and the first of them why. */
function told(answers: readonly Answer[]): string {
  const byStatus = Map.groupBy(answers, ({ status }) => status);
  const lines = [...byStatus].map(([status, all]) => {
    const why = all.find(({ refusal }) => refusal)?.refusal;
    return `${all.length} × ${status}${why ? ` (${why})` : ''}`;
  });
  return lines.join(', ');
}

/** Waits until all that was acknowledged is in the ledger; then it must be there once, exactly. */
async function settled(stage: Stage, customer: Customer, answers: readonly Answer[]) {
  const acknowledged = answers.flatMap(({ id }) => id ?? []);
  const beganMs = performance.now();
  const missing = async () => {
    const posted = new Set((await stage.charges(customer)).map(({ id }) => id));
    return acknowledged.filter((id) => !posted.has(id));
  };
  let lost = await missing();
  while (lost.length > 0 && performance.now() - beganMs < catchUpMs) {
    await pause(250);
    lost = await missing();
  }
  const charges = await stage.charges(customer);
  const charged = sum(charges.map((row) => row.charged));
  const waived = sum(charges.map((row) => row.waived));
  const { balance } = await customer.credits();
  const broken = [...(await stage.audit())];
  if (lost.length > 0) broken.push(`${lost.length} acknowledged and not in the ledger`);
  if (new Set(acknowledged).size !== acknowledged.length) broken.push('an id was given twice');
  if (charges.some((row) => row.charged + row.waived !== eachCosts)) broken.push('a wrong amount');
  if (1_000n * 10n ** 12n - balance !== charged) broken.push('the balance is another');
  const seen = [
    `${acknowledged.length} acknowledged, ${charges.length} in the ledger`,
    `${formatMoney(charged)} charged, ${formatMoney(waived)} waived`,
    `complete ${seconds(performance.now() - beganMs)} after the last answer`,
  ];
  return { seen, broken };
}
