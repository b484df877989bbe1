import type { Money } from '#kernel';
import { Distribution, type StoredDistribution } from './distribution.ts';
import type { Sample } from './sample.ts';

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
  readonly timeToFirstTokenMs = new Distribution();
  readonly latencyMs = new Distribution();
  readonly tokensPerSecond = new Distribution();

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
    this.#time(sample);
    addTo(this.organizations, sample.organizationId);
  }

  /** A cancelled stream counts for the time to its first token alone. */
  #time({ timeToFirstTokenMs, durationMs, completionTokens, outcome }: Sample): void {
    if (timeToFirstTokenMs === null) this.timeToFirstTokenMs.observeAtLeast(durationMs);
    else this.timeToFirstTokenMs.observe(timeToFirstTokenMs);
    if (outcome !== 'ANSWERED') return;
    this.latencyMs.observe(durationMs);
    const afterFirstMs = durationMs - (timeToFirstTokenMs ?? durationMs);
    if (completionTokens > 1 && afterFirstMs > 0) {
      this.tokensPerSecond.observe(((completionTokens - 1) / afterFirstMs) * 1_000);
    }
  }

  merge(other: Figures): this {
    this.#addAmounts(other);
    this.timeToFirstTokenMs.merge(other.timeToFirstTokenMs);
    this.latencyMs.merge(other.latencyMs);
    this.tokensPerSecond.merge(other.tokensPerSecond);
    return this;
  }

  /** As `merge`, of a row of which nothing else is needed. */
  mergeStored(stored: StoredFigures): this {
    const [cost, rankedCharged] = [BigInt(stored.cost), BigInt(stored.rankedCharged)];
    this.#addAmounts({ ...stored, cost, rankedCharged });
    this.timeToFirstTokenMs.mergeStored(stored.timeToFirstTokenMs);
    this.latencyMs.mergeStored(stored.latencyMs);
    this.tokensPerSecond.mergeStored(stored.tokensPerSecond);
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
}

function addTo(organizations: Set<string>, organization: string): void {
  if (organizations.size < organizationsMax) organizations.add(organization);
}
