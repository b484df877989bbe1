import type { Clock } from '#kernel';
import type { Storage, Transaction } from '#storage';
import type { IsConfigured } from './differences.ts';
import type { Market } from './market.ts';
import { type IncidentRow, staleOf } from './rows.ts';
import { told } from './telling.ts';

/** How a node finds an endpoint. */
export interface Seen {
  readonly endpointId: string;
  readonly status: 'UP' | 'DEGRADED' | 'DOWN';
  /** Why it is not UP. */
  readonly reason: string | null;
}

/**
 * What nodes find out about endpoints, kept once for all of them and told as a change of the
 * market. Two that say the same make one incident.
 */
export interface Incidents {
  /** It became so, here. */
  changed(seen: readonly Seen[]): Promise<void>;
  /**
   * It still is so, here. Makes an incident graver, never lighter: another node may know more. An
   * incident that no node has seen for 90 seconds is over.
   */
  standing(seen: readonly Seen[]): Promise<void>;
}

export interface IncidentOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly market: () => Market;
  readonly isConfigured: IsConfigured;
}

const unseenMs = 90_000;
const gravity = { UP: 0, DEGRADED: 1, DOWN: 2 } as const;

export function openIncidents(options: IncidentOptions): Incidents {
  const { storage, clock, market } = options;
  return {
    async changed(seen) {
      await write(options, seen);
    },
    async standing(seen) {
      const seenBefore = new Date(clock.now() - unseenMs);
      const kept = await storage.prisma.endpointIncident.findMany();
      const statusOf = new Map(kept.map(({ endpointId, status }) => [endpointId, status]));
      const heard = seen.filter(({ endpointId, status }) => {
        const known = (statusOf.get(endpointId) ?? 'UP') as Seen['status'];
        return gravity[status] >= gravity[known];
      });
      const confirmed = new Set(heard.map(({ endpointId }) => endpointId));
      const over = kept
        .filter((one) => one.seenAt < seenBefore && !confirmed.has(one.endpointId))
        .map(({ endpointId }): Seen => ({ endpointId, status: 'UP', reason: null }));
      await write(options, [...heard, ...over]);
    },
  };

  async function write({ isConfigured }: IncidentOptions, seen: readonly Seen[]) {
    if (seen.length === 0) return;
    const at = new Date(clock.now());
    const stale = staleOf(seen.flatMap(({ endpointId }) => market().endpoint(endpointId) ?? []));
    await storage.write((tx) =>
      told(tx, { stale, isConfigured, clock }, async ({ rows, incidents }) => {
        for (const one of seen) {
          // Models of a server of one's own are in no table.
          if (!rows.endpoints.has(one.endpointId)) continue;
          await put(tx, one, { at, known: incidents.get(one.endpointId) });
        }
      }),
    );
  }
}

async function put(
  tx: Transaction,
  { endpointId, status, reason }: Seen,
  { at, known }: { readonly at: Date; readonly known: IncidentRow | undefined },
): Promise<void> {
  const where = { endpointId };
  if (status === 'UP') return void (await tx.endpointIncident.deleteMany({ where }));
  const since = known?.status === status ? known.since : at;
  const data = { status, reason, since, seenAt: at };
  await tx.endpointIncident.upsert({ where, create: { endpointId, ...data }, update: data });
}
