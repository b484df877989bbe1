import { setTimeout as pause } from 'node:timers/promises';
import type { Customer } from '../harness/whole-app.ts';

/** What a caller was told. */
export interface Answer {
  /** Since the load began. */
  readonly askedMs: number;
  /** 0 when there was none. */
  readonly status: number;
  /** The completion that was acknowledged. */
  readonly id: string | null;
  /** Why there was no completion. */
  readonly refusal: string | null;
}

export interface Load {
  /** All answers, when the last caller has its own. */
  end(): Promise<readonly Answer[]>;
}

const callers = 8;
const pauseMs = 60;

/** Callers who ask one completion after the other, each second one streamed. */
export function load(customer: Customer): Load {
  const answers: Answer[] = [];
  const beganMs = performance.now();
  let goesOn = true;
  const call = async (first: number) => {
    for (let n = first; goesOn; n++) {
      const askedMs = performance.now() - beganMs;
      const told = await ask(customer, n % 2 === 0).catch((thrown: Error) => ({
        status: 0,
        id: null,
        refusal: thrown.message,
      }));
      answers.push({ askedMs, ...told });
      await pause(pauseMs);
    }
  };
  const all = Promise.all(Array.from({ length: callers }, (_, index) => call(index)));
  return {
    async end() {
      goesOn = false;
      await all;
      return answers;
    },
  };
}

async function ask(customer: Customer, stream: boolean): Promise<Omit<Answer, 'askedMs'>> {
  const response = await fetch(`${customer.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${customer.key}` },
    body: JSON.stringify({
      ...{ model: 'acme/writer', max_tokens: 10, stream },
      messages: [{ role: 'user', content: 'Go.' }],
    }),
  });
  const text = await response.text();
  const whole = stream ? text.includes('data: [DONE]') : response.ok;
  const id = /"id":"(cmp_[^"]+)"/.exec(text)?.[1] ?? null;
  const given = response.ok && whole;
  return { status: response.status, id: given ? id : null, refusal: given ? null : text };
}
