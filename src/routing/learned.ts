import { type Endpoint, type RefusedParameter, refusalLifeMs } from '#catalog';
import type { Clock } from '#kernel';
import type { UpstreamFault } from '#upstream';
import type { Tried } from './own-keys.ts';
import { refusedIn, safeEvidence } from './refusal-evidence.ts';

/** Writes down for all nodes what an endpoint refused: true when its market has it from then on. */
export type KeepRefusals = (
  endpoint: Endpoint,
  refused: readonly RefusedParameter[],
) => Promise<boolean>;

/**
 * What endpoints were seen to refuse of what their lists promise. It is avoided at once on this
 * node, whether or not it could be written down: nothing waits for that. What could not be is
 * believed here alone, as long as what could.
 */
export class LearnedRefusals {
  readonly #clock: Clock;
  readonly #keep: KeepRefusals;
  readonly #unkept = new Map<string, readonly RefusedParameter[]>();

  constructor(clock: Clock, keep: KeepRefusals) {
    this.#clock = clock;
    this.#keep = keep;
  }

  /**
   * Which of the parameters that the request used were refused. Of an own key nothing is learned,
   * since its account may have less than others.
   */
  learn(
    { endpoint, ownKey }: Tried,
    used: ReadonlySet<string>,
    fault: UpstreamFault,
  ): readonly RefusedParameter[] {
    if (fault.failure !== 'CALLER' || !fault.providerMessage) return [];
    const at = new Date(this.#clock.now());
    const evidence = safeEvidence(fault.providerMessage);
    const learned = refusedIn(evidence, used).map((parameter) => ({ parameter, at, evidence }));
    if (learned.length > 0 && !ownKey) this.#believe(endpoint, learned);
    return learned;
  }

  #believe(endpoint: Endpoint, learned: readonly RefusedParameter[]): void {
    const unkept = [...without(this.#unkept.get(endpoint.id) ?? [], learned), ...learned];
    this.#unkept.set(endpoint.id, unkept);
    void this.#keep(endpoint, unkept).then((kept) => {
      if (kept && this.#unkept.get(endpoint.id) === unkept) this.#unkept.delete(endpoint.id);
    });
  }

  of(endpoint: Endpoint): readonly RefusedParameter[] {
    const unkept = this.#unkept.get(endpoint.id);
    if (!unkept) return endpoint.refusals;
    const since = this.#clock.now() - refusalLifeMs;
    const believed = unkept.filter(({ at }) => at.getTime() > since);
    if (believed.length === 0) this.#unkept.delete(endpoint.id);
    return [...without(endpoint.refusals, believed), ...believed];
  }
}

const without = (refused: readonly RefusedParameter[], others: readonly RefusedParameter[]) =>
  refused.filter(({ parameter }) => !others.some((other) => other.parameter === parameter));

/** When each of the parameters was refused, and in which words. */
export const evidenceFor = (parameters: readonly string[], learned: readonly RefusedParameter[]) =>
  learned
    .filter(({ parameter }) => parameters.includes(parameter))
    .map(
      ({ parameter, at, evidence }) =>
        `It refused \`${parameter}\` on ${at.toISOString().slice(0, 10)}: “${evidence}”`,
    );
