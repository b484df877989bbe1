import type { Random } from '#kernel';

/** How a simulated provider answers one request. */
export interface Behaviour {
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  readonly fault: SandboxFault;
  readonly reportsUsage: boolean;
}

export type SandboxFault = 'none' | 'fail-500' | 'fail-429' | 'hang' | 'cut-after-10' | 'malformed';

interface Speed {
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
}

const speeds: ReadonlyMap<string, Speed> = new Map([
  ['sandbox', { firstTokenMs: 120, tokensPerSecond: 90 }],
  ['sandbox-fast', { firstTokenMs: 80, tokensPerSecond: 200 }],
  ['sandbox-cheap', { firstTokenMs: 150, tokensPerSecond: 60 }],
  ['sandbox-flaky', { firstTokenMs: 100, tokensPerSecond: 120 }],
]);

const models: ReadonlySet<string> = new Set([
  'echo',
  'markov',
  'fail-500',
  'fail-429',
  'hang',
  'cut-after-10',
  'malformed',
  'slow-first-token',
  'no-usage',
]);

const slowFirstTokenMs = 3_000;

/**
 * Of a hundred requests to `sandbox-flaky` ten get a 500, five a 429 and five are cut; of the
 * others none.
 */
function fault(provider: string, model: string, random: Random): SandboxFault {
  switch (model) {
    case 'fail-500':
    case 'fail-429':
    case 'hang':
    case 'cut-after-10':
    case 'malformed':
      return model;
  }
  if (provider !== 'sandbox-flaky') return 'none';
  const draw = random.next();
  if (draw < 0.1) return 'fail-500';
  if (draw < 0.15) return 'fail-429';
  return draw < 0.2 ? 'cut-after-10' : 'none';
}

/**
 * Null when this provider or model is not simulated. Times vary by a fifth, or the charts would
 * be ruled lines.
 */
export function behaviourOf(provider: string, model: string, random: Random): Behaviour | null {
  const speed = speeds.get(provider);
  if (!speed || !models.has(model)) return null;
  const firstTokenMs = model === 'slow-first-token' ? slowFirstTokenMs : speed.firstTokenMs;
  return {
    firstTokenMs: firstTokenMs * (0.8 + 0.4 * random.next()),
    tokensPerSecond: speed.tokensPerSecond * (0.8 + 0.4 * random.next()),
    fault: fault(provider, model, random),
    reportsUsage: model !== 'no-usage',
  };
}
