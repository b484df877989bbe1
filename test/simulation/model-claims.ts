import type { Statements } from '../../src/credits/ledger/statements.ts';
import type { ModelState } from './model-state.ts';

const dayMs = 24 * 3_600_000;

/** As `claim_take`, `claim_finish` and `claim_prune`. */
export function claimModel(
  state: ModelState,
): Pick<Statements, 'takeClaim' | 'finishClaim' | 'pruneClaims'> {
  return {
    async takeClaim(session, { principal, key, bodyHmac, completion }) {
      state.fence(session);
      const name = `${principal}|${key}`;
      const known = state.claims.get(name);
      const fresh = { bodyHmac, completion, session, outcome: null };
      if (!known) {
        state.claims.set(name, { ...fresh, gen: 1, expiresMs: state.now() + dayMs });
        return { verdict: 'TAKEN', completion, gen: 1 };
      }
      const { gen } = known;
      if (known.completion === completion) return { verdict: 'TAKEN', completion, gen };
      const valid = known.expiresMs > state.now();
      const answer = { completion: known.completion, gen };
      if (valid && known.bodyHmac !== bodyHmac) return { verdict: 'CONFLICT', ...answer };
      const runs = state.sessions.get(known.session)?.state === 'LIVE';
      if (valid && (known.outcome !== null || runs)) return { verdict: 'EXISTS', ...answer };
      state.claims.set(name, { ...fresh, gen: gen + 1, expiresMs: state.now() + dayMs });
      return { verdict: 'TAKEN', completion, gen: gen + 1 };
    },
    async finishClaim({ principal, key, gen }) {
      const name = `${principal}|${key}`;
      const known = state.claims.get(name);
      if (known?.gen === gen && known.outcome === null) state.claims.delete(name);
    },
    async pruneClaims(most) {
      const expired = [...state.claims].filter(([, { expiresMs }]) => expiresMs <= state.now());
      const pruned = expired.slice(0, most);
      for (const [name] of pruned) state.claims.delete(name);
      return pruned.length;
    },
  };
}
