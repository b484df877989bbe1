import type { Prisma, Storage } from '#storage';
import { historyTopic } from './telling.ts';

/** A change is read with the prices that it speaks of. */
export const withPrices = {
  previousPrice: true,
  newPrice: true,
} satisfies Prisma.CatalogChangeInclude;

/** A row of `catalog_change`. */
export type CatalogChange = Prisma.CatalogChangeGetPayload<{ include: typeof withPrices }>;

/** What changed in the market, as it happens on any node. */
export interface CatalogHistory {
  /**
   * The changes after this number, then each one as it comes; without a number those alone that
   * come. All followers are given the same objects. Ends with the signal.
   */
  follow(after: bigint | null, signal: AbortSignal): AsyncGenerator<CatalogChange, void, undefined>;
}

/** Who is further behind than this reads the table. */
const recentMax = 1_000;
const pageSize = 500;

/** Reads the table once for all followers, whenever somebody says that it has grown. */
export async function openHistory({ prisma, changes }: Storage): Promise<CatalogHistory> {
  const head = await prisma.catalogChange.aggregate({ _max: { number: true } });
  let latest = head._max.number ?? 0n;
  /** All changes after the number `recentAfter`. */
  let recent: CatalogChange[] = [];
  let recentAfter = latest;
  const waiting = new Set<() => void>();

  const page = (after: bigint) =>
    prisma.catalogChange.findMany({
      where: { number: { gt: after } },
      orderBy: { number: 'asc' },
      take: pageSize,
      include: withPrices,
    });

  const take = (fresh: readonly CatalogChange[]) => {
    recent.push(...fresh);
    latest = recent.at(-1)?.number ?? latest;
    const forgotten = recent.slice(0, Math.max(0, recent.length - recentMax));
    recent = recent.slice(forgotten.length);
    recentAfter = forgotten.at(-1)?.number ?? recentAfter;
    for (const wake of waiting) wake();
    waiting.clear();
  };

  changes.on(historyTopic, async () => {
    for (;;) {
      const fresh = await page(latest);
      take(fresh);
      if (fresh.length < pageSize) return;
    }
  });

  const beyond = (seen: bigint) =>
    seen >= recentAfter ? recent.filter(({ number }) => number > seen) : page(seen);

  return {
    async *follow(after, signal) {
      let seen = after ?? latest;
      let wake = () => {};
      const news = () =>
        new Promise<void>((resolve) => {
          wake = resolve;
          waiting.add(wake);
        });
      const leave = () => {
        waiting.delete(wake);
        wake();
      };
      signal.addEventListener('abort', leave, { once: true });
      try {
        while (!signal.aborted) {
          if (seen >= latest) await news();
          else {
            for (const change of await beyond(seen)) {
              if (signal.aborted) return;
              yield change;
              seen = change.number;
            }
          }
        }
      } finally {
        signal.removeEventListener('abort', leave);
      }
    },
  };
}
