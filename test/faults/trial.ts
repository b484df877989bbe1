import { formatMoney } from '#kernel';
import { type HastyClock, hastyClock } from '../harness/hasty-clock.ts';
import { stubUpstream } from '../harness/upstream-stub.ts';
import { customer, offer, wholeApp } from '../harness/whole-app.ts';
import { answersProperly } from './answer.ts';
import type { Scenario } from './scenarios.ts';
import type { Got, Question, Surface } from './surfaces.ts';

/** What a caller got, and what it cost its organization, in US dollars. */
export interface Outcome extends Got {
  readonly charged: string;
}

/** One scenario at one door. */
export interface Trial {
  readonly clock: HastyClock;
  /** Of the provider at fault. */
  readonly model: string;
  readonly otherModel: string;
  /** Requests that the provider at fault got. */
  readonly asked: number;
  /** When they came, on the clock. */
  readonly askedAtMs: readonly number[];
  readonly askedOther: number;
  ask(how?: Pick<Question, 'onStreamFailure'>): Promise<Outcome>;
  /** Asks the other model alone. */
  askOther(): Promise<Outcome>;
}

export interface FaultLab {
  /** Throws when the caller gets anything else than it must. */
  run(scenario: Scenario, surface: Surface): Promise<void>;
  /** What of the ledger does not hold. */
  audit(): Promise<string[]>;
  close(): Promise<void>;
}

const otherModel = 'acme/other';
/** So little that what the platform pays for going on with answers is never used up. */
const prices = { promptPrice: '0.000001', completionPrice: '0.000002' };

/** The whole server, with a provider at fault and another one. */
export async function openFaultLab(): Promise<FaultLab> {
  const clock = hastyClock();
  const atFault = await stubUpstream();
  const other = await stubUpstream();
  const app = await wholeApp({ clock });
  await offer(app.admin, {
    model: otherModel,
    provider: 'other',
    baseUrl: other.url,
    ...prices,
    contextLength: 200_000,
  });
  other.answerWith(answersProperly);
  const caller = { ...(await customer(app, '100000')), url: app.url };

  return {
    async run({ name, answer, timeouts, check }, surface) {
      const model = `acme/${slugOf(`${name} ${surface.name}`)}`;
      await offer(app.admin, {
        model,
        provider: 'at-fault',
        baseUrl: atFault.url,
        ...prices,
        ...(timeouts ? { timeouts } : {}),
      });
      const askedAtMs: number[] = [];
      const beforeOther = other.requests.length;
      atFault.answerWith((reply, request) => {
        askedAtMs.push(clock.monotonic());
        return answer(askedAtMs.length)(reply, request);
      });
      const ask = async (question: Question): Promise<Outcome> => {
        const { balance } = await caller.credits();
        const got = await surface.ask(caller, question);
        const after = await caller.credits();
        return { ...got, charged: formatMoney(balance - after.balance) };
      };
      await check({
        clock,
        model,
        otherModel,
        askedAtMs,
        get asked() {
          return askedAtMs.length;
        },
        get askedOther() {
          return other.requests.length - beforeOther;
        },
        ask: ({ onStreamFailure } = { onStreamFailure: 'FAIL' }) =>
          ask({ model, fallbackModel: otherModel, onStreamFailure }),
        askOther: () => ask({ model: otherModel, fallbackModel: null, onStreamFailure: 'FAIL' }),
      });
    },
    audit: () => app.audit(),
    async close() {
      await app.close();
      await Promise.all([atFault.close(), other.close()]);
    },
  };
}

const slugOf = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
