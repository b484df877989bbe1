import type { Shelf } from '#bus';
import type { Completion, CompletionEvent, CompletionInput, Completions } from '#completions';
import type { ClaimInput, Credits, Hold, HoldRequest, SettlementRecord } from '#credits';
import { InsufficientCredits } from '#credits';
import { anonymous, openPolicy, type Payer, type Principal } from '#identity';
import { derivedId, type Money, parseMoney, Secret, seededRandom } from '#kernel';
import { openLimits } from '#limits';
import type { Sample } from '#metrics';
import { type OwnKey, openRouter } from '#routing';
import type { Connector, UpstreamCall, UpstreamEvent } from '#upstream';
import { type GivenRooms, openCompletions } from '../../src/completions/open.ts';
import type { Rooms } from '../../src/completions/rooms.ts';
import { openCipher } from '../../src/identity/cipher.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { market, type Offer } from '../routing/stand.ts';

/** What a provider does with one call; events of one batch arrive together. */
export type Play = (call: UpstreamCall, signal: AbortSignal) => AsyncIterable<UpstreamEvent[]>;

export interface Stand {
  readonly clock: VirtualClock;
  readonly completions: Completions;
  readonly purse: Purse;
  readonly log: ReturnType<typeof recordingLog>;
  readonly rooms: GivenRooms;
  /** What was sent to providers, in order. */
  readonly calls: UpstreamCall[];
  /** What the metrics were told. */
  readonly samples: readonly Sample[];
  /** From now on this is how providers answer. */
  play(play: Play): void;
  /** Runs it to its end. */
  run(input?: Partial<CompletionInput>): Promise<Ended>;
}

export interface Ended {
  readonly completion: Completion;
  readonly events: CompletionEvent[];
  /** Its types in order, deltas with their text. */
  readonly story: string[];
}

export const someone: Principal = { kind: 'user', userId: 'usr_someone', platformAdmin: false };

const payer: Payer = {
  organization: {
    id: `org_${'0'.repeat(26)}`,
    slug: 'acme',
    name: 'Acme',
    createdAt: new Date(0),
    retainContentDays: 0,
    policy: openPolicy,
  },
  apiKey: null,
  secretHash: null,
  membershipId: null,
  userId: 'usr_someone',
  monthlyBudget: null,
  budgetNumber: 0,
};

/** Rooms that a run tells things, and that have nothing to say. */
const deaf = {
  bus: {
    publish: () => undefined,
    subscribe: () => () => undefined,
    onHealed: () => () => undefined,
    shared: false,
    shelf: null,
  },
  observer: { settled: () => undefined, refused: () => undefined },
};

/** A dollar a token, and no fee: what something costs can be counted on fingers. */
export const dollarAToken = { prompt: 10n ** 18n, completion: 10n ** 18n };
/** The prompt costs nothing, so that a hold is about the answer alone. */
export const dollarAnAnswerToken = { prompt: 0n, completion: 10n ** 18n };

/**
 * The room with the real router on a clock that stands still; the purse and the providers are the
 * test's.
 */
export function stand(options: {
  readonly offers?: readonly Offer[];
  readonly dollars?: number;
  readonly payer?: Partial<Payer>;
  /** Own keys of the payer, by the provider's slug. */
  readonly ownKeys?: Readonly<Record<string, readonly OwnKey[]>>;
  readonly feeRate?: bigint;
  /** What this node leaves for others; none by default. */
  readonly shelf?: Shelf;
  /** Null: those of somebody who runs completions. */
  readonly permissions?: (principal: Principal) => readonly string[] | null;
}): Stand {
  const clock = virtualClock();
  const log = recordingLog();
  const offers = options.offers ?? [{ provider: 'one', pricing: dollarAToken }];
  const goods = market({ 'acme/one': offers });
  const purse = new Purse(options.dollars ?? 1_000_000);
  const calls: UpstreamCall[] = [];
  const samples: Sample[] = [];
  let play: Play = says('Hello');
  const ownKeys = ownKeysIn(options.ownKeys ?? {});
  const connector: Connector = {
    async send(call, signal, take) {
      calls.push(call);
      for await (const batch of play(call, signal)) {
        await take(batch);
        signal.throwIfAborted();
      }
    },
  };
  const identity = {
    payer: () => ({ ...payer, ...options.payer }),
    permissions: (principal: Principal) =>
      new Set(
        options.permissions?.(principal) ??
          (principal === anonymous ? [] : ['COMPLETIONS_READ', 'COMPLETIONS_RUN']),
      ),
    visibleOrganization: () => ({ ...payer, ...options.payer }).organization,
    current: (principal: Principal) => principal,
  };
  const rooms = {
    ...deaf,
    ...{ bus: { ...deaf.bus, shelf: options.shelf ?? null }, clock, log },
    identity: identity as unknown as Rooms['identity'], // the room asks for nothing else
    router: openRouter({ clock, random: seededRandom('stand'), market: () => goods }),
    credits: purse as unknown as Credits, // likewise
    limits: openLimits({ clock }),
    providerKeys: { of: () => ownKeys, used: () => undefined },
    metrics: { record: (sample: Sample) => void samples.push(sample) },
    storage: purse.storage as unknown as Rooms['storage'], // likewise
    market: () => goods,
    cipher: openCipher(new Secret(Buffer.alloc(32).toString('base64'))),
    connectors: () => connector,
    feeRate: options.feeRate ?? 0n,
  };
  const completions = openCompletions(rooms);
  return {
    clock,
    completions,
    purse,
    log,
    rooms,
    calls,
    samples,
    play(next) {
      play = next;
    },
    run: (input = {}) => runToEnd(completions, { ...ordinary, ...input }),
  };
}

const ownKeysIn = (bySlug: Readonly<Record<string, readonly OwnKey[]>>) =>
  new Map(
    Object.entries(bySlug).map(([slug, keys]) => [
      derivedId('provider', slug),
      keys.map((key) => ({ ...key, organizationId: payer.organization.id, providerId: '' })),
    ]),
  );

export const ordinary: CompletionInput = {
  model: 'acme/one',
  messages: [{ role: 'USER', content: 'Hi' }],
};

async function runToEnd(completions: Completions, input: CompletionInput): Promise<Ended> {
  const started = await completions.start(someone, input, { streamed: true, coalesceMs: 0 });
  const events: CompletionEvent[] = [];
  for await (const batch of started.events(0)) events.push(...batch);
  const story = events.map((event) => ('text' in event ? event.text : event.type));
  return { completion: started.completion(), events, story };
}

const stop: UpstreamEvent = { type: 'finish', reason: { unified: 'STOP', raw: 'stop' } };

export const text = (said: string): UpstreamEvent => ({ type: 'text', text: said });

export const used = (prompt: number, completion: number, given: object = {}): UpstreamEvent => ({
  type: 'usage',
  usage: { prompt, completion, cacheRead: 0, cacheWrite: 0, reasoning: 0, ...given } as never,
});

/** Says these pieces, one a read, and ends properly. */
export const says = (...pieces: readonly string[]): Play =>
  async function* () {
    for (const piece of pieces) yield [text(piece)];
    yield [used(2, pieces.length), stop];
  };

/** Says what these events are, and ends. */
export const sends = (...batches: UpstreamEvent[][]): Play =>
  async function* () {
    yield* batches;
  };

/** Fails after it has said these pieces. */
export const failsWith = (fault: Error, ...pieces: readonly string[]): Play =>
  async function* () {
    for (const piece of pieces) yield [text(piece)];
    throw fault;
  };

/** Says these pieces, and then nothing until it is aborted. */
export const waitsAfter = (...pieces: readonly string[]): Play =>
  async function* (_call, signal) {
    for (const piece of pieces) yield [text(piece)];
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (signal.aborted) reject(signal.reason);
    });
  };

/** An account in memory that keeps the promises of a hold. */
export class Purse {
  readonly session = 1;
  readonly records: SettlementRecord[] = [];
  readonly asked: HoldRequest[] = [];
  /** Holds that were ended without a record. */
  givenBack = 0;
  free: Money;
  held = 0n;
  /** Thrown where a record should be made durable. */
  broken: Error | null = null;
  /** Others took the node for dead and have its money. */
  lost = false;

  constructor(dollars: number) {
    this.free = parseMoney(String(dollars));
  }

  admit = async (request: HoldRequest): Promise<Hold> => {
    this.asked.push(request);
    const { amount, completion } = request;
    if (amount > this.free) {
      const shortage = { required: amount, available: this.free, resetsAt: null };
      throw new InsufficientCredits({ allowance: 'ORGANIZATION', ...shortage });
    }
    const affordable = this.free;
    const hold = { completion, affordable, amount: 0n };
    this.#move(hold, amount);
    return Object.assign(hold, {
      extend: (by: Money) => by <= this.free && this.#move(hold, by),
      covered: async () => !this.lost,
      end: async (record: SettlementRecord | null) => {
        if (this.broken) throw this.broken;
        this.#move(hold, -hold.amount);
        if (!record) this.givenBack++;
        else this.records.push(record);
        this.free -= record?.charged ?? 0n;
      },
    });
  };

  flush = async () => undefined;

  /** It is alone. */
  onRenewed = (listener: (renewed: { liveSessions: number[] }) => void) => {
    listener({ liveSessions: [this.session] });
    return () => undefined;
  };

  /** Idempotency keys, as the database keeps them. */
  readonly claims = new Map<string, ClaimInput>();
  /** Thrown where a key should be claimed. */
  unclaimable: Error | null = null;

  claim = async (asked: ClaimInput) => {
    if (this.unclaimable) throw this.unclaimable;
    const name = `${asked.principal} ${asked.key}`;
    const known = this.claims.get(name) ?? asked;
    this.claims.set(name, known);
    const { completion, bodyHmac } = known;
    if (known === asked) return { verdict: 'TAKEN' as const, completion, gen: 1 };
    const verdict = bodyHmac === asked.bodyHmac ? ('EXISTS' as const) : ('CONFLICT' as const);
    return { verdict, completion, gen: 1 };
  };

  unclaim = async ({ principal, key }: { principal: string; key: string }) =>
    void this.claims.delete(`${principal} ${key}`);

  /** What was posted, as rows. */
  readonly storage = {
    prisma: {
      completion: {
        findUnique: async ({ where: { id } }: { where: { id: string } }) =>
          this.records.map(rowOf).find((row) => row.id === id) ?? null,
      },
    },
  };

  #move(hold: { amount: Money }, by: Money): true {
    hold.amount += by;
    this.held += by;
    this.free -= by;
    return true;
  }
}

const rowOf = ({ completion: id, ...record }: SettlementRecord) => ({ ...record, id, session: 1 });
