import type { Money } from '#kernel';
import { Distribution, type StoredDistribution } from './distribution.ts';
import type { Sample } from './sample.ts';
import { observeSpeed, type Speed, type StoredUnpriced, Unpriced } from './unpriced.ts';

/** Figures as they travel and are kept: amounts as strings of 10⁻¹² US dollar. */
export interface StoredFigures {
  readonly requests: number;
  readonly failures: number;
  readonly spared: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cost: string;
  readonly rankedRequests: number;
  readonly rankedTokens: number;
  readonly rankedCharged: string;
  readonly organizations: readonly string[];
  readonly rankedOrganizations: readonly string[];
  readonly timeToFirstTokenMs: StoredDistribution;
  readonly latencyMs: StoredDistribution;
  readonly tokensPerSecond: StoredDistribution;
  /** Absent where all of it had a price. */
  readonly unpriced?: StoredUnpriced | undefined;
}

interface Amounts
  extends Pick<
    Figures,
    | 'requests'
    | 'failures'
    | 'spared'
    | 'promptTokens'
    | 'completionTokens'
    | 'cost'
    | 'rankedRequests'
    | 'rankedTokens'
    | 'rankedCharged'
  > {
  readonly organizations: Iterable<string>;
  readonly rankedOrganizations?: Iterable<string>;
}

/** Beyond this many it does not matter for any public floor how many more there are. */
const organizationsMax = 64;

/** What samples of one subject and one stretch of time amount to; mergeable in any order. */
export class Figures {
  requests = 0;
  failures = 0;
  /** Neither answered nor failed: the caller's own fault, or cancelled. */
  spared = 0;
  promptTokens = 0;
  completionTokens = 0;
  cost: Money = 0n;
  rankedRequests = 0;
  rankedTokens = 0;
  rankedCharged: Money = 0n;
  readonly organizations = new Set<string>();
  /** Those of them whose traffic may enter rankings. */
  readonly rankedOrganizations = new Set<string>();
  readonly timeToFirstTokenMs: Distribution;
  readonly latencyMs: Distribution;
  readonly tokensPerSecond: Distribution;
  #unpriced: Unpriced | null = null;

  constructor(parts: readonly Figures[] = []) {
    this.timeToFirstTokenMs = Distribution.sum(parts.map((part) => part.timeToFirstTokenMs));
    this.latencyMs = Distribution.sum(parts.map((part) => part.latencyMs));
    this.tokensPerSecond = Distribution.sum(parts.map((part) => part.tokensPerSecond));
    for (const part of parts) this.#addVolumes(part);
  }

  /** The provider's price of what may enter rankings, fee excluded. */
  get rankedCost(): Money {
    return this.cost - (this.#unpriced?.cost ?? 0n);
  }

  /** Of what had a price at a provider of the market. */
  get rankedSpeed(): Speed {
    const unpriced = this.#unpriced;
    if (!unpriced) return this;
    return {
      timeToFirstTokenMs: this.timeToFirstTokenMs.without(unpriced.timeToFirstTokenMs),
      tokensPerSecond: this.tokensPerSecond.without(unpriced.tokensPerSecond),
    };
  }

  add(sample: Sample): void {
    this.requests++;
    if (sample.outcome === 'FAILED') this.failures++;
    if (sample.outcome === 'SPARED') this.spared++;
    this.promptTokens += sample.promptTokens;
    this.completionTokens += sample.completionTokens;
    this.cost += sample.cost;
    if (sample.ranked) {
      this.rankedRequests++;
      this.rankedTokens += sample.promptTokens + sample.completionTokens;
      this.rankedCharged += sample.charged;
      addTo(this.rankedOrganizations, sample.organizationId);
    }
    observeSpeed(this, sample);
    if (sample.outcome === 'ANSWERED') this.latencyMs.observe(sample.durationMs);
    if (!sample.priced) this.#unpricedPart().add(sample);
    addTo(this.organizations, sample.organizationId);
  }

  #unpricedPart(): Unpriced {
    this.#unpriced ??= new Unpriced();
    return this.#unpriced;
  }

  merge(other: Figures): this {
    this.#addVolumes(other);
    this.timeToFirstTokenMs.merge(other.timeToFirstTokenMs);
    this.latencyMs.merge(other.latencyMs);
    this.tokensPerSecond.merge(other.tokensPerSecond);
    return this;
  }

  #addVolumes(other: Figures): void {
    this.#addAmounts(other);
    if (other.#unpriced) this.#unpricedPart().merge(other.#unpriced);
  }

  /** As `merge`, of a row of which nothing else is needed. */
  mergeStored(stored: StoredFigures): this {
    const [cost, rankedCharged] = [BigInt(stored.cost), BigInt(stored.rankedCharged)];
    this.#addAmounts({ ...stored, cost, rankedCharged });
    this.timeToFirstTokenMs.mergeStored(stored.timeToFirstTokenMs);
    this.latencyMs.mergeStored(stored.latencyMs);
    this.tokensPerSecond.mergeStored(stored.tokensPerSecond);
    if (stored.unpriced) this.#unpricedPart().mergeStored(stored.unpriced);
    return this;
  }

  #addAmounts(other: Amounts): void {
    this.requests += other.requests;
    this.failures += other.failures;
    this.spared += other.spared;
    this.promptTokens += other.promptTokens;
    this.completionTokens += other.completionTokens;
    this.cost += other.cost;
    this.rankedRequests += other.rankedRequests;
    this.rankedTokens += other.rankedTokens;
    this.rankedCharged += other.rankedCharged;
    for (const one of other.organizations) addTo(this.organizations, one);
    for (const one of other.rankedOrganizations ?? []) addTo(this.rankedOrganizations, one);
  }

  toJSON(): StoredFigures {
    const { cost, rankedCharged, organizations, rankedOrganizations } = this;
    return {
      requests: this.requests,
      failures: this.failures,
      spared: this.spared,
      promptTokens: this.promptTokens,
      completionTokens: this.completionTokens,
      cost: String(cost),
      rankedRequests: this.rankedRequests,
      rankedTokens: this.rankedTokens,
      rankedCharged: String(rankedCharged),
      organizations: [...organizations],
      rankedOrganizations: [...rankedOrganizations],
      timeToFirstTokenMs: this.timeToFirstTokenMs.toJSON(),
      latencyMs: this.latencyMs.toJSON(),
      tokensPerSecond: this.tokensPerSecond.toJSON(),
      ...(this.#unpriced && { unpriced: this.#unpriced.toJSON() }),
    };
  }

  static from(stored: StoredFigures): Figures {
    return new Figures().mergeStored(stored);
  }

  static sum(parts: Iterable<Figures>): Figures {
    const sum = new Figures();
    for (const part of parts) sum.merge(part);
    return sum;
  }

  /** As `sum`, for reading alone and at once: what nobody looks at costs nothing. */
  static view(parts: readonly Figures[]): Figures {
    return new Figures(parts);
  }
}

function addTo(organizations: Set<string>, organization: string): void {
  if (organizations.size < organizationsMax) organizations.add(organization);
}
