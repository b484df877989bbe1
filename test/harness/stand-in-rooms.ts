import type { Market } from '#catalog';
import type {
  Completion,
  CompletionEvent,
  CompletionInput,
  Completions,
  Started,
  StartOptions,
} from '#completions';
import { anonymous, type EndedCredential, openPolicy, type Principal } from '#identity';
import { Fault, flowOf, seededRandom, silentLog } from '#kernel';
import { openLimits } from '#limits';
import { Figures } from '#metrics';
import { openRouter } from '#routing';
import type { Rooms } from '#schema';
import { type HttpOptions, type HttpServer, openHttp } from '../../src/http/index.ts';
import { market } from '../routing/stand.ts';
import { completionOf } from './stand-in-completion.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

/**
 * Rooms that stand in for the real ones where the API itself is under test: a small market with the
 * real router, three credentials, and completions whose events a test pushes itself.
 */
export interface StandIn {
  readonly rooms: Rooms;
  readonly clock: VirtualClock;
  readonly market: Market;
  /** Started completions, oldest first. */
  readonly runs: StandInRun[];
  /** Refuses the key from now on and tells whoever listens. */
  revoke(): void;
}

export const key = 'sk-bourse-of-the-tests';
export const adminKey = 'the-administrator-of-the-tests';

const organization = {
  id: `org_${'0'.repeat(26)}`,
  slug: 'acme',
  name: 'Acme',
  createdAt: new Date(0),
  retainContentDays: 0,
  policy: openPolicy,
};

export const keyPrincipal: Principal = {
  kind: 'apiKey',
  organization,
  secretHash: 'hash',
  apiKey: {
    id: `key_${'0'.repeat(26)}`,
    organizationId: organization.id,
    membershipId: null,
    name: 'test key',
    kind: 'INFERENCE',
    hint: 'sk-bourse-of-t…ests',
    creditLimit: null,
    limitPeriod: 'NONE',
    limitNumber: 0,
    requestsPerMinute: null,
    allowedModels: null,
    createdAt: new Date(0),
    expiresAt: null,
    revokedAt: null,
    disabled: false,
  },
};

const administrator: Principal = { kind: 'user', userId: 'usr_admin', platformAdmin: true };

/** Fails when it is used: a test that needs it says so by giving its own. */
function missing<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get(target, property) {
      if (property in target) return Reflect.get(target, property);
      throw new Fault('INTERNAL', { public: name, internal: `${name}.${String(property)}` });
    },
  });
}

const noOwnKeys = Object.assign(missing<Rooms['providerKeys']>('providerKeys'), {
  of: () => new Map(),
});

/** Nothing was ever measured. */
const noTraffic: Rooms['metrics'] = Object.assign(missing<Rooms['metrics']>('metrics'), {
  live: () => new Figures(),
  figures: async () => new Figures(),
  figuresBefore: async () => new Figures(),
  apps: async () => [],
});

const platform = {
  name: 'Bourse',
  version: '0',
  feeRate: 5n * 10n ** 16n,
  publicTrafficFloor: 1,
  publicUrl: 'http://bourse.test',
};

export function standIn(given: Partial<Rooms> = {}): StandIn {
  const clock = virtualClock();
  const goods = market({
    'acme/echo': [
      { provider: 'cheap' },
      { provider: 'dear', pricing: { prompt: 3n * 10n ** 12n, completion: 5n * 10n ** 12n } },
    ],
    'acme/other': [{ provider: 'cheap' }],
    'acme/third': [{ provider: 'cheap' }],
  });
  const runs: StandInRun[] = [];
  const listeners = new Set<(ended: EndedCredential) => void>();
  let revoked = false;
  const principalOf = (credential: string | undefined): Principal => {
    if (credential === undefined) return anonymous;
    if (credential === adminKey) return administrator;
    if (credential === key && !revoked) return keyPrincipal;
    throw new Fault('UNAUTHENTICATED', { public: 'This key is not known.' });
  };
  const current = (principal: Principal) =>
    principal.kind === 'apiKey' ? principalOf(key) : principal;
  const identity = {
    authenticate: principalOf,
    current,
    payer: () => ({
      organization,
      apiKey: null,
      secretHash: null,
      membershipId: null,
      userId: null,
      monthlyBudget: null,
    }),
    permissions: () => new Set(),
    onRevoked(listener: (ended: EndedCredential) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as Rooms['identity']; // the rest is missing on purpose and says so when it is used
  const rooms: Rooms = {
    clock,
    log: silentLog,
    platform,
    site: { url: 'http://127.0.0.1:4000', origins: ['http://127.0.0.1:4000'] },
    people: missing('people'),
    storage: missing('storage'),
    catalog: Object.assign(missing<Rooms['catalog']>('catalog'), { market: () => goods }),
    identity,
    credits: missing('credits'),
    metrics: noTraffic,
    limits: openLimits({ clock }),
    billing: missing('billing'),
    router: openRouter({ clock, random: seededRandom('stand-in'), market: () => goods }),
    completions: completionsOf(runs, goods),
    providerKeys: noOwnKeys,
    ...given,
  };
  return {
    rooms,
    clock,
    market: goods,
    runs,
    revoke() {
      revoked = true;
      if (keyPrincipal.kind !== 'apiKey') return;
      const ended = { apiKeyId: keyPrincipal.apiKey.id, secretHash: null };
      for (const listener of listeners) listener(ended);
    },
  };
}

function completionsOf(runs: StandInRun[], goods: Market): Completions {
  const byId = (id: string) => runs.find((run) => run.id === id) ?? null;
  return {
    async start(principal, input, options) {
      if (principal.kind === 'anonymous') {
        throw new Fault('UNAUTHENTICATED', { public: 'This needs a credential.' });
      }
      const run = new StandInRun({ number: runs.length + 1, input, options, goods });
      runs.push(run);
      return run;
    },
    embed: async () => {
      throw new Fault('UNAVAILABLE', { public: 'There are no vectors here.' });
    },
    estimate: async () => [],
    join: async (_principal, id) => byId(id),
    find: async (_principal, id) => byId(id)?.completion() ?? null,
    list: async () => runs.map((run) => run.completion()),
    count: async () => runs.length,
    watch: async function* () {},
    async cancel(_principal, id) {
      const run = byId(id);
      run?.finish('CANCELLED');
      return run?.completion() ?? null;
    },
    content: async (_principal, { content }) => content,
    readableUntil: () => null,
    endRunsOf() {},
    endRunsOfMember() {},
    async close() {},
    async drain() {},
    get running() {
      return runs.length;
    },
  };
}

/** A completion whose events the test makes. */
export class StandInRun implements Started {
  readonly id: string;
  readonly input: CompletionInput;
  readonly options: StartOptions;
  readonly refused = false;
  /** Why the last viewer left: the reason of its signal; undefined while it watches. */
  left: unknown;
  /** Resolves when a viewer has left. */
  readonly leaving = Promise.withResolvers<unknown>();
  /** Resolves when a viewer has come. */
  readonly watched = Promise.withResolvers<void>();
  readonly #goods: Market;
  readonly #events: CompletionEvent[] = [];
  #wake = Promise.withResolvers<void>();
  #completion: Completion;

  constructor(made: {
    number: number;
    input: CompletionInput;
    options: StartOptions;
    goods: Market;
  }) {
    this.id = `cmp_${String(made.number).padStart(26, '0')}`;
    this.input = made.input;
    this.options = made.options;
    this.#goods = made.goods;
    this.#completion = completionOf(this.id, made.input, organization.id);
  }

  completion = () => this.#completion;

  events = (after: number, signal?: AbortSignal) => flowOf(this.#follow(after, signal));

  async *#follow(after: number, signal?: AbortSignal) {
    this.watched.resolve();
    let seen = after;
    const gone = () => {
      this.left = signal?.reason ?? 'returned';
      this.leaving.resolve(this.left);
      this.#wake.resolve();
    };
    signal?.addEventListener('abort', gone, { once: true });
    while (!signal?.aborted) {
      const batch = this.#events.slice(seen);
      seen = Math.max(seen, this.#events.length);
      if (batch.length > 0) yield batch;
      if (batch.at(-1)?.type.match(/Finished|Failed/)) return;
      if (seen === this.#events.length && !signal?.aborted) await this.#wake.promise;
    }
  }

  async wait(signal?: AbortSignal): Promise<Completion> {
    for await (const _batch of this.events(0, signal)) {
      // The last batch ends it.
    }
    return this.#completion;
  }

  start(): void {
    const endpoint = this.#goods.models[0]?.endpoints[0];
    if (endpoint) this.#push({ type: 'CompletionStarted', endpoint, attempt: 1 });
    this.#completion = { ...this.#completion, status: 'RUNNING', endpointId: endpoint?.id ?? null };
  }

  text(...texts: string[]): void {
    const content = this.#completion.content;
    const all = (content?.text ?? '') + texts.join('');
    if (content) this.#completion = { ...this.#completion, content: { ...content, text: all } };
    for (const text of texts) this.#push({ type: 'TextDelta', text });
  }

  think(text: string, details: unknown): void {
    this.#push({ type: 'ReasoningDelta', text, details });
  }

  refuse(text: string): void {
    const { content } = this.#completion;
    const refused = content && { ...content, text: content.text + text, refusal: text };
    this.#completion = { ...this.#completion, content: refused };
    this.#push({ type: 'TextDelta', text, refusal: true });
  }

  annotate(annotations: unknown): void {
    const { content } = this.#completion;
    if (content) this.#completion = { ...this.#completion, content: { ...content, annotations } };
  }

  finish(finishReason: 'STOP' | 'CANCELLED' = 'STOP'): void {
    const usage = { ...this.#completion.usage, promptTokens: 3, completionTokens: 2 };
    const charged = { ...usage, cost: 5_000_000n, fee: 250_000n, charged: 5_250_000n };
    const status = finishReason === 'STOP' ? 'SUCCEEDED' : 'CANCELLED';
    this.#completion = { ...this.#completion, status, finishReason, usage: charged };
    const completion = this.#completion;
    this.#push({ type: 'CompletionFinished', finishReason, usage: charged, completion });
  }

  fail(error: Fault): void {
    this.#completion = { ...this.#completion, status: 'FAILED', error };
    const completion = this.#completion;
    this.#push({ type: 'CompletionFailed', error, usage: completion.usage, completion });
  }

  #push(event: Unnumbered): void {
    const sequence = this.#events.length + 1;
    this.#events.push({ ...event, completionId: this.id, sequence, firstSequence: sequence });
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

type Numbers = 'completionId' | 'sequence' | 'firstSequence';
type Unnumbered = CompletionEvent extends infer Event
  ? Event extends CompletionEvent
    ? Omit<Event, Numbers>
    : never
  : never;

/** The server over stand-in rooms, on a free port of this machine. */
export async function serve(
  stand: StandIn,
  given: Partial<HttpOptions> = {},
): Promise<{ url: string; http: HttpServer; ask: Ask; close(): Promise<void> }> {
  const http = openHttp({
    trustProxy: false,
    rooms: stand.rooms,
    log: silentLog,
    random: seededRandom('http'),
    ready: async () => null,
    demoKey: 'demo-key',
    telemetry: { serve: (_request, answer) => answer(), text: async () => '' },
    anonymous: { sockets: 50, feeds: 10 },
    persistedDocuments: new Map(),
    ...given,
  });
  const port = await http.listen('127.0.0.1', 0);
  const url = `http://127.0.0.1:${port}`;
  return { url, http, ask: askAt(url), close: () => http.close() };
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the form of its question
  readonly data?: any;
  readonly errors?: { message: string; extensions: Record<string, unknown>; path?: unknown[] }[];
}

type Ask = (
  query: string,
  options?: { variables?: object; credential?: string | null },
) => Promise<Answer>;

function askAt(url: string): Ask {
  return async (query, { variables, credential = key } = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as object) };
  };
}
