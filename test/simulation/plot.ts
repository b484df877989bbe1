import type { TroubleName } from './troubles.ts';

/** What a seed's world is like. */
export interface Plot {
  readonly nodes: number;
  readonly kind: 'embedded' | 'server';
  readonly lastsMs: number;
  /** How often something happens, in ms between. */
  readonly everyMs: number;
  /** What may befall it at any time, how often, and for how long. */
  readonly troubles: readonly TroubleName[];
  readonly times: number;
  readonly longestMs: number;
  /** What befalls it for certain. */
  readonly fates: readonly Fate[];
}

export interface Fate {
  readonly atMs: number;
  readonly name: TroubleName;
  /** Which node. */
  readonly node: number;
  readonly lastsMs: number;
}

const anything: readonly TroubleName[] = [
  'kill',
  'pause',
  'refused',
  'silent',
  'deaf',
  'no bus',
  'outage',
  'full disk',
  'set clock',
  'set database clock',
];

/** Long enough for a node to be taken for dead. */
const long = { nodes: 2, kind: 'server', lastsMs: 110_000, everyMs: 300, fates: [] } as const;

/**
 * One in twenty-four is long: all nodes without a database for a while, one node cut off alone
 * while its clock is set, or anything.
 */
function longPlot(seed: number): Plot {
  const turn = Math.floor(seed / 24);
  const atMs = 8_000 + ((turn * 7_919) % 12_000);
  switch (turn % 3) {
    case 0: {
      const outage = { atMs, name: 'outage', node: 0, lastsMs: 70_000 } as const;
      return { ...long, troubles: ['outage'], times: 1, longestMs: 20_000, fates: [outage] };
    }
    case 1: {
      const cut = { atMs, name: 'refused', node: 0, lastsMs: 80_000 } as const;
      const set = { atMs: atMs + 15_000, name: 'set clock back', node: 0, lastsMs: 0 } as const;
      return { ...long, troubles: anything, times: 0, longestMs: 0, fates: [cut, set] };
    }
    default:
      return { ...long, troubles: anything, times: 6, longestMs: 110_000 };
  }
}

const short = { lastsMs: 2_000, everyMs: 40, times: 3, longestMs: 1_500, fates: [] };

export function plotOf(seed: number): Plot {
  if (seed % 24 === 5) return longPlot(seed);
  const nodes = 1 + (seed % 3);
  const kind = nodes === 1 && seed % 2 === 0 ? 'embedded' : 'server';
  return { ...short, nodes, kind, troubles: anything };
}
