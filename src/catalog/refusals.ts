import { type Clock, dayMs, type Log } from '#kernel';
import type { Storage, Transaction } from '#storage';
import type { IsConfigured } from './differences.ts';
import type { Endpoint, Market, RefusedParameter } from './market.ts';
import { staleOf } from './rows.ts';
import { told } from './telling.ts';
import { catalogTopic } from './write-plan.ts';

/**
 * What endpoints were seen to refuse of what they are listed for, kept once for all nodes: each
 * one's market lacks it, with the day and the words, and the change is told like every other.
 */
export interface Refusals {
  /**
   * It was refused. True when this node's market says so from then on; false, and a line in the
   * log, when it could not be written. Never throws.
   */
  keep(endpoint: Endpoint, refused: readonly RefusedParameter[]): Promise<boolean>;
  /** Stops looking for those that are old. */
  close(): void;
}

export interface RefusalsOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly market: () => Market;
  readonly isConfigured: IsConfigured;
}

/** A day: providers learn too, so that the next request tries it anew. */
export const refusalLifeMs = dayMs;
const sweepMs = 600_000;

export function openRefusals(options: RefusalsOptions): Refusals {
  const { clock, log } = options;
  const isDone = (work: Promise<void>, otherwise: string) =>
    work.then(
      () => true,
      (error) => {
        log.warn(otherwise, { error });
        return false;
      },
    );
  const sweeping = clock.every(sweepMs, () =>
    isDone(forgetOld(options), 'Old refusals were not forgotten; that is tried again.'),
  );
  return {
    keep: (endpoint, refused) =>
      isDone(
        change(options, [endpoint], (tx) => put(tx, endpoint, refused)),
        'What an endpoint refused was not kept: this node alone knows.',
      ),
    close: () => sweeping.cancel(),
  };
}

async function put(tx: Transaction, { id }: Endpoint, refused: readonly RefusedParameter[]) {
  for (const { parameter, at, evidence } of refused) {
    const key = { endpointId: id, parameter };
    const found = { at, evidence };
    await tx.refusedParameter.upsert({
      where: { endpointId_parameter: key },
      create: { ...key, ...found },
      update: found,
    });
  }
}

/** An administrator says anew what an endpoint takes: what was found out before is void. */
export async function forgetRefusals(tx: Transaction, endpointId: string): Promise<void> {
  await tx.refusedParameter.deleteMany({ where: { endpointId } });
}

async function forgetOld(options: RefusalsOptions): Promise<void> {
  const { clock, market } = options;
  const until = new Date(clock.now() - refusalLifeMs);
  const isOld = ({ at }: RefusedParameter) => at <= until;
  const concerned = market()
    .models.flatMap(({ endpoints }) => endpoints)
    .filter(({ refusals }) => refusals.some(isOld));
  if (concerned.length === 0) return;
  await change(options, concerned, async (tx) => {
    await tx.refusedParameter.deleteMany({ where: { at: { lte: until } } });
  });
}

async function change(
  { storage, isConfigured, clock }: RefusalsOptions,
  endpoints: readonly Endpoint[],
  run: (tx: Transaction) => Promise<void>,
): Promise<void> {
  await storage.write((tx) => {
    for (const { id } of endpoints) tx.change(catalogTopic, `endpoint:${id}`);
    return told(tx, { stale: staleOf(endpoints), isConfigured, clock }, () => run(tx));
  });
}
