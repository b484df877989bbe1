import { expect, it } from 'vitest';
import { type Random, seededRandom } from '#kernel';
import { countTokens, type UpstreamCall, type UpstreamEvent, UpstreamFault } from '#upstream';
import { flat, request } from '../routing/stand.ts';
import { type Ended, type Play, stand, text, used } from './stand.ts';

const streams = 1_000;
const words = 30;
const endpoints = 12;
const beatMs = 100;
/** All have begun by then, and none has ended. */
const startBeats = 20;
const strikeBeat = 30;
const deadlyBeats = 80;
const chance = { ofDeath: 0.01, ofRecovery: 0.1 };
/** Longer than the longest wait of a breaker and the time for which failures count. */
const beatsToConverge = 1_000;
const seed = `dying ${crypto.randomUUID()}`;

/** A provider dies in one of these ways, until it recovers. */
type Health = 'alive' | 'refuses' | 'cuts' | 'stalls';
const deaths: readonly Health[] = ['refuses', 'cuts', 'stalls'];

/** What the answer to a prompt is, wherever it comes from: no word of it stands there twice. */
const answerTo = (prompt: string) =>
  Array.from({ length: words }, (_, at) => `${prompt}:${at} `).join('');

/** Providers that speak on the beat, and die and recover by chance. */
class Providers {
  readonly #random: Random;
  readonly #health = new Map<string, Health>();
  #waiting: (() => void)[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  readonly offers = Array.from({ length: endpoints }, (_, at) => ({
    provider: `p${at}`,
    pricing: flat(1 + at),
    of: { baseUrl: `http://p${at}` },
  }));

  /** Some of them die, some recover, and all that are asked go on with what they say. */
  beat(): void {
    for (const { of } of this.offers) {
      const alive = this.#healthOf(of.baseUrl) === 'alive';
      if (this.#random.next() > (alive ? chance.ofDeath : chance.ofRecovery)) continue;
      const death = deaths[Math.floor(this.#random.next() * deaths.length)] ?? 'cuts';
      this.#health.set(of.baseUrl, alive ? death : 'alive');
    }
    this.#goOn();
  }

  /** Whatever chance does, the one that most streams are at dies. */
  strike(): void {
    this.#health.set('http://p0', 'cuts');
  }

  /** All of them are well, and go on. */
  recover(): void {
    this.#health.clear();
    this.#goOn();
  }

  #goOn(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  readonly play: Play = (call) => this.#speak(call);

  async *#speak(call: UpstreamCall): AsyncGenerator<UpstreamEvent[]> {
    const [prompt, partial] = questionIn(call);
    const rest = answerTo(prompt).slice(partial.length).match(/\S+ /g) ?? [];
    for (const word of rest) {
      await this.#pause();
      const health = this.#healthOf(call.target.baseUrl);
      if (health === 'refuses' && word === rest[0]) throw new UpstreamFault({ failure: 'CONNECT' });
      if (health === 'cuts') throw new UpstreamFault({ failure: 'CUT' });
      if (health === 'stalls') throw new UpstreamFault({ failure: 'IDLE_TIMEOUT' });
      yield [text(word)];
    }
    yield [
      used(prompt.length, rest.length),
      { type: 'finish', reason: { unified: 'STOP', raw: 'stop' } },
    ];
  }

  /** One beat or several. */
  async #pause(): Promise<void> {
    do await new Promise<void>((resolve) => this.#waiting.push(resolve));
    while (this.#random.next() < 0.3);
  }

  #healthOf(baseUrl: string): Health {
    return this.#health.get(baseUrl) ?? 'alive';
  }
}

/** The prompt, and what is to be gone on with. */
function questionIn({ request: { messages } }: UpstreamCall): readonly [string, string] {
  const [first, last] = [messages[0], messages.at(-1)];
  const partial = /<partial_answer>\n([\s\S]*)\n<\/partial_answer>/.exec(String(last?.content));
  return [String(first?.content), partial?.[1] ?? ''];
}

/** What of an ended completion is not as it must be; empty when all is. */
async function wrongIn({ completion, events, story }: Ended, prompt: string): Promise<string[]> {
  const whole = answerTo(prompt);
  const said = events.map((event) => (event.type === 'TextDelta' ? event.text : '')).join('');
  const wrong: string[] = [];
  const must = (holds: boolean, what: string) => void (holds || wrong.push(`${prompt}: ${what}`));
  must(said === completion.content?.text, 'what was streamed is what is kept');
  must(whole.startsWith(said), 'nothing is said twice or left out');
  if (completion.status === 'FAILED') {
    must(story.at(-1) === 'CompletionFailed', 'it ends with an error');
    must(completion.usage.charged === 0n, 'what broke off costs nothing');
    return wrong;
  }
  must(completion.status === 'SUCCEEDED', 'it succeeds or fails');
  must(said === whole, 'a clean end is that of the whole answer');
  must(story.at(-1) === 'CompletionFinished', 'it ends properly');
  return [...wrong, ...(await wrongInBill(completion, whole))];
}

async function wrongInBill(
  { usage, lines, attempts }: Ended['completion'],
  whole: string,
): Promise<string[]> {
  const continued = attempts.some(({ outcome }) => outcome === 'BROKE_OFF');
  const generated = continued ? await countTokens(whole) : words;
  const due = lines.reduce(
    (sum, { quantity, unitPrice }) => sum + BigInt(quantity) * unitPrice,
    0n,
  );
  return [
    usage.estimated === continued ? '' : 'only what was gone on with is counted here',
    usage.completionTokens === generated ? '' : 'each word is charged once',
    usage.charged * 1_000_000n === due ? '' : 'the charge is that of its lines',
  ].filter((text) => text !== '');
}

it(`${streams} streams while endpoints die and recover: ${seed}`, async () => {
  const random = seededRandom(seed);
  const providers = new Providers(random);
  const { clock, run, play, purse, rooms } = stand({ offers: providers.offers });
  play(providers.play);
  const before = purse.free;
  let running = 0;
  const ask = async (input: Parameters<typeof run>[0]): Promise<Ended> => {
    running += 1;
    return run(input).finally(() => {
      running -= 1;
    });
  };

  let turnedDown = 0;
  rooms.router.onStatus(({ current }) => {
    if (current.status === 'DOWN') turnedDown += 1;
  });

  const prompts = Array.from({ length: streams }, (_, at) => `q${at}`);
  const starts = prompts.map(() => Math.floor(random.next() * startBeats));
  const runs: Promise<Ended>[] = [];
  for (let beat = 0; beat < startBeats || running > 0; beat++) {
    for (const [at, content] of prompts.entries()) {
      if (starts[at] !== beat) continue;
      const onStreamFailure = at % 2 === 0 ? ('CONTINUE' as const) : ('FAIL' as const);
      runs[at] = ask({ messages: [{ role: 'USER', content }], provider: { onStreamFailure } });
    }
    if (beat === strikeBeat) providers.strike();
    if (beat < deadlyBeats) providers.beat();
    else providers.recover();
    await clock.advance(beatMs);
  }

  const results = await Promise.all(runs);
  const wrong = await Promise.all(results.map((one, at) => wrongIn(one, prompts[at] ?? '')));
  expect(wrong.flat()).toEqual([]);
  const statuses = new Set(results.map(({ completion }) => completion.status));
  expect([...statuses].toSorted()).toEqual(['FAILED', 'SUCCEEDED']);
  const goneOnWith = results.filter(
    ({ completion }) => completion.status === 'SUCCEEDED' && completion.usage.estimated,
  );
  expect(goneOnWith.length).toBeGreaterThan(0);
  expect(turnedDown).toBeGreaterThan(0);
  const charged = results.reduce((sum, { completion }) => sum + completion.usage.charged, 0n);
  expect(before - purse.free).toBe(charged);
  expect(purse.held).toBe(0n);

  // Whoever comes after finds out that all of them work again.
  for (let beat = 0; beat < beatsToConverge; beat++) {
    const wanted = providers.offers[beat % endpoints]?.provider ?? '';
    if (running < endpoints) void ask({ provider: { order: [wanted] } });
    providers.recover();
    await clock.advance(beatMs);
  }
  while (running > 0) {
    providers.recover();
    await clock.advance(beatMs);
  }
  const { endpoints: offered = [] } = rooms.router.plan(request()).model ?? {};
  expect(offered.map((endpoint) => rooms.router.status(endpoint).status)).toEqual(
    Array(endpoints).fill('UP'),
  );
}, 120_000);
