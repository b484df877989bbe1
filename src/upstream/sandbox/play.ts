import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type Clock, sleep } from '#kernel';
import { type SandboxAnswer, sandboxAnswer } from './answer.ts';
import type { Behaviour } from './behaviour.ts';
import type { SandboxRequest } from './request.ts';
import {
  deltaChunk,
  deltasOf,
  endOf,
  errorBody,
  type Head,
  usageChunk,
  wholeBody,
} from './wire.ts';

export interface Performance {
  readonly request: SandboxRequest;
  readonly behaviour: Behaviour;
  readonly head: Head;
  readonly clock: Clock;
  /** Aborts when the caller has gone. */
  readonly gone: AbortSignal;
}

const tokensBeforeCut = 10;
const tokensBeforeMalformed = 3;
const retryAfterSeconds = 1;

/** Plays one answer in its time. Ends early, without a word, when the caller has gone. */
export async function play(reply: ServerResponse, performance: Performance): Promise<void> {
  const { request, behaviour, clock, gone } = performance;
  switch (behaviour.fault) {
    case 'hang':
      return;
    case 'fail-500':
      return refuse(reply, 500, errorBody('The simulated provider failed.', 'server_error'));
    case 'fail-429':
      reply.setHeader('retry-after', retryAfterSeconds);
      return refuse(reply, 429, errorBody('Simulated rate limit.', 'rate_limit_exceeded'));
  }
  await sleep(clock, behaviour.firstTokenMs, gone);
  const answer = sandboxAnswer(request);
  if (request.stream) await playStream(reply, performance, answer);
  else await playWhole(reply, performance, answer);
}

export function refuse(reply: ServerResponse, status: number, body: string): void {
  reply.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

async function playStream(
  reply: ServerResponse,
  { request, behaviour, head, clock, gone }: Performance,
  answer: SandboxAnswer,
): Promise<void> {
  reply.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const write = async (text: string) => {
    if (!reply.write(text)) await once(reply, 'drain', { signal: gone });
  };
  await write(deltaChunk(head, { role: 'assistant', content: '' }));
  for (const [at, delta] of deltasOf(answer).entries()) {
    if (at > 0) await sleep(clock, 1_000 / behaviour.tokensPerSecond, gone);
    if (behaviour.fault === 'cut-after-10' && at === tokensBeforeCut) break;
    if (behaviour.fault === 'malformed' && at === tokensBeforeMalformed) {
      await write('data: {"id":"broken","choices":[{"index":0,"delta":{"content":\n\n');
    }
    await write(deltaChunk(head, delta));
  }
  if (behaviour.fault === 'cut-after-10') return cutAfter(reply, ':\n\n');
  await write(deltaChunk(head, {}, endOf(answer)));
  const asked = request.stream_options?.include_usage === true;
  if (asked && behaviour.reportsUsage) await write(usageChunk(head, answer.usage));
  reply.end('data: [DONE]\n\n');
}

async function playWhole(
  reply: ServerResponse,
  { behaviour, head, clock, gone }: Performance,
  answer: SandboxAnswer,
): Promise<void> {
  const tokens = answer.usage.completion_tokens;
  await sleep(clock, (tokens * 1_000) / behaviour.tokensPerSecond, gone);
  const body = wholeBody(head, answer, behaviour.reportsUsage);
  const whole = behaviour.fault === 'none';
  reply.writeHead(200, { 'content-type': 'application/json' });
  if (whole) return void reply.end(body);
  const half = body.slice(0, body.length / 2);
  if (behaviour.fault === 'malformed') return void reply.end(half);
  cutAfter(reply, half);
}

/** Breaks off once all that was written is on its way: what the caller was to see, it sees. */
function cutAfter(reply: ServerResponse, last: string): void {
  reply.write(last, () => reply.destroy());
}
