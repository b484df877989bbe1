import type { Endpoint } from '#catalog';
import type { Clock } from '#kernel';
import type { UpstreamFault } from '#upstream';

/** A parameter that an endpoint was seen to refuse, although it is listed for it. */
export interface LearnedRefusal {
  readonly parameter: string;
  readonly at: Date;
  /** What its provider said. */
  readonly evidence: string;
}

/** After a day it is tried anew: providers learn too. */
const believedMs = 86_400_000;

const refusing =
  /not (be )?(support|permitted|allowed|available|enabled|implemented)|unsupported|unrecognized|unknown (parameter|field|argument|name)|extra inputs/i;

/** How providers call a parameter, where it is not by its name. */
const otherNames: Readonly<Record<string, RegExp>> = {
  tools: /\btools?\b|\btool (use|calling|choice)\b|function call/i,
  tool_choice: /\btool[_ ]choice\b/i,
  response_format: /\bresponse_?format\b|\bjson (mode|object)\b/i,
  structured_outputs: /\bresponse_?format\b|\bjson_?schema\b|structured output/i,
  reasoning: /\breasoning\b|\bthinking\b/i,
};

/**
 * What endpoints were seen to refuse of what their lists promise: with the day and the provider's
 * words. It is avoided from then on, like what is not on the list.
 */
export class LearnedRefusals {
  readonly #clock: Clock;
  readonly #byEndpoint = new Map<string, readonly LearnedRefusal[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when it refused a parameter that the request used: another endpoint may take it. */
  learn({ id }: Endpoint, used: ReadonlySet<string>, fault: UpstreamFault): boolean {
    const evidence = fault.failure === 'CALLER' ? fault.providerMessage : undefined;
    if (!evidence || !refusing.test(evidence)) return false;
    const at = new Date(this.#clock.now());
    const learned = [...used]
      .filter((parameter) => names(evidence, parameter))
      .map((parameter) => ({ parameter, at, evidence }));
    if (learned.length === 0) return false;
    const known = this.of(id).filter(
      (old) => !learned.some(({ parameter }) => parameter === old.parameter),
    );
    this.#byEndpoint.set(id, [...known, ...learned]);
    return true;
  }

  of(endpointId: string): readonly LearnedRefusal[] {
    const known = this.#byEndpoint.get(endpointId);
    if (!known) return nothing;
    const since = this.#clock.now() - believedMs;
    const believed = known.filter(({ at }) => at.getTime() > since);
    if (believed.length === 0) this.#byEndpoint.delete(endpointId);
    else if (believed.length < known.length) this.#byEndpoint.set(endpointId, believed);
    return believed;
  }
}

const nothing: readonly LearnedRefusal[] = [];

/** When each of the parameters was refused, and in which words. */
export const evidenceFor = (parameters: readonly string[], learned: readonly LearnedRefusal[]) =>
  learned
    .filter(({ parameter }) => parameters.includes(parameter))
    .map(
      ({ parameter, at, evidence }) =>
        `It refused \`${parameter}\` on ${at.toISOString().slice(0, 10)}: “${evidence}”`,
    );

const names = (evidence: string, parameter: string) =>
  (otherNames[parameter] ?? new RegExp(`\\b${parameter.replace('_', '_?')}\\b`, 'i')).test(
    evidence,
  );
