import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret, silentLog, systemClock } from '#kernel';
import { openAiCompatible, UpstreamFault } from '#upstream';
import { recordingLog } from '../harness/recording-log.ts';
import {
  stubUpstream,
  textChunk,
  type UpstreamStub,
  wholeAnswer,
} from '../harness/upstream-stub.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { callTo, faultOf, outcomeOf, pulled, send } from './calls.ts';

let stub: UpstreamStub;
beforeEach(async () => {
  stub = await stubUpstream();
});
afterEach(() => stub.close());

const error = (message: string, code: string | number | null = null) => ({
  error: { message, type: 'invalid_request_error', param: null, code },
});

/** Status, body, failure: what services answer, in their documented words. */
const refusals: readonly [string, number, unknown, string][] = [
  ['a wrong key', 401, error('Incorrect API key provided.', 'invalid_api_key'), 'CREDENTIAL'],
  ['an empty account', 402, error('Insufficient Balance'), 'CREDENTIAL'],
  ['a used-up quota', 429, error('You exceeded your quota.', 'insufficient_quota'), 'CREDENTIAL'],
  ['a wrong key, said as 400', 400, [error('API key not valid.', 400)], 'CREDENTIAL'],
  ['a forbidden key', 403, {}, 'CREDENTIAL'],
  [
    'an empty account (Anthropic)',
    400,
    error('Your credit balance is too low to access the Anthropic API.'),
    'CREDENTIAL',
  ],
  [
    'the place of the platform (Google)',
    400,
    error('User location is not supported for the API use.'),
    'CREDENTIAL',
  ],
  ['a bad parameter', 400, error("Invalid 'temperature'."), 'CALLER'],
  ['a field unknown to it', 422, { detail: [{ msg: 'Extra inputs', loc: ['body'] }] }, 'CALLER'],
  [
    'a long prompt (OpenAI)',
    400,
    error("This model's maximum context length is 8192 tokens.", 'context_length_exceeded'),
    'CONTEXT_LENGTH',
  ],
  [
    'a long prompt (vLLM)',
    400,
    { object: 'error', message: "This model's maximum context length is 4096 tokens.", code: 400 },
    'CONTEXT_LENGTH',
  ],
  ['a long prompt (Anthropic)', 400, error('prompt is too long: 9 > 8'), 'CONTEXT_LENGTH'],
  [
    'a long prompt (Google)',
    400,
    [error('The input token count (9) exceeds the maximum number of tokens allowed (8).')],
    'CONTEXT_LENGTH',
  ],
  [
    'a long prompt (Cohere)',
    400,
    { message: 'too many tokens: total number of tokens in the request cannot exceed 8' },
    'CONTEXT_LENGTH',
  ],
  ['a large body', 413, 'Payload Too Large', 'CONTEXT_LENGTH'],
  [
    'a filtered prompt (Azure)',
    400,
    { error: { code: 'content_filter', message: 'The response was filtered.' } },
    'CONTENT_POLICY',
  ],
  [
    'a flagged prompt',
    403,
    error('The prompt was flagged as violating the usage policies.'),
    'CONTENT_POLICY',
  ],
  [
    'a model that is gone',
    404,
    error('The model does not exist.', 'model_not_found'),
    'UNKNOWN_MODEL',
  ],
  ['a model that was retired', 400, error('Gone.', 'model_decommissioned'), 'UNKNOWN_MODEL'],
  [
    'a model behind a profile (Bedrock)',
    400,
    { message: "Invocation of model ID x with on-demand throughput isn't supported." },
    'UNKNOWN_MODEL',
  ],
  ['a model that took too long (Bedrock)', 408, { message: 'Model timed out' }, 'STATUS'],
  ['an address that is wrong', 404, '<html>Not found</html>', 'UNKNOWN_MODEL'],
  ['a time-out of its own', 408, {}, 'STATUS'],
  ['its rate limit', 429, error('Rate limit reached', 'rate_limit_exceeded'), 'RATE_LIMITED'],
  [
    'a tool call of its model that cannot be read (Groq)',
    400,
    { error: { message: 'Failed to call a function.', code: 'tool_use_failed' } },
    'MODEL_ERRED',
  ],
  ['a failure', 500, error('The server had an error'), 'STATUS'],
  ['a failure that speaks of context', 500, error('maximum context length crash'), 'STATUS'],
  ['a bad gateway', 502, '<html>502</html>', 'STATUS'],
  ['overload', 503, error('The engine is currently overloaded'), 'OVERLOADED'],
  ['overload (Anthropic)', 529, error('Overloaded', 'overloaded_error'), 'OVERLOADED'],
  ['overload, said as 500', 500, error('Overloaded', 'overloaded_error'), 'OVERLOADED'],
];

describe.each([true, false])('a refusal (stream: %s)', (stream) => {
  test.each(refusals)('for %s (%i) is told apart', async (_, status, body, failure) => {
    stub.answerWith((answer) => answer.json(status, body));
    const fault = await faultOf(callTo(stub.url, { stream }));
    expect([fault.failure, fault.httpStatus]).toEqual([failure, status]);
  });
});

test("a caller's own fault is known as such, a provider's is not", async () => {
  stub.answerWith((answer) => answer.json(400, error('Bad.')));
  expect((await faultOf(callTo(stub.url))).callersFault).toBe(true);
  stub.answerWith((answer) => answer.json(404, error('No such model.')));
  expect((await faultOf(callTo(stub.url))).callersFault).toBe(false);
});

test('a rate limit says when to come back', async () => {
  stub.answerWith((answer) => answer.json(429, error('Slow down'), { 'retry-after': '7' }));
  const fault = await faultOf(callTo(stub.url));
  expect([fault.retryAfterMs, fault.retryable]).toEqual([7_000, true]);
});

test('what a provider says of its own address is not told', async () => {
  const { host } = new URL(stub.url);
  stub.answerWith((answer) => answer.json(400, error(`Bad request to http://${host}/v1.`)));
  expect((await faultOf(callTo(stub.url))).providerMessage).toBe('Bad request to http://[…]/v1.');
});

test("Google's rate limit says it in its details", async () => {
  const details = [{ violations: [] }, { retryDelay: '17s' }];
  stub.answerWith((answer) => answer.json(429, { error: { code: 429, message: 'Slow', details } }));
  expect((await faultOf(callTo(stub.url))).retryAfterMs).toBe(17_000);
});

test('a refusal whose body never ends is told by its status after two seconds', async () => {
  const clock = virtualClock();
  const begun = Promise.withResolvers<void>();
  stub.answerWith(async (answer) => {
    answer.head(500, { 'content-type': 'text/plain' });
    await answer.write('It broke');
    begun.resolve();
  });
  const connector = openAiCompatible({ clock, log: silentLog });
  const outcome = outcomeOf(pulled(connector, callTo(stub.url)));
  await begun.promise;
  // The headers are here once the time-out of the refusal stands beside that of the attempt.
  while (clock.pending < 2) await new Promise(setImmediate);
  await clock.advance(2_000);
  expect((await outcome).thrown).toMatchObject({ httpStatus: 500, failure: 'STATUS' });
});

test('a refusal is read to 64 KiB and no further', async () => {
  const clock = virtualClock();
  stub.answerWith(async (answer) => {
    answer.head(500, { 'content-type': 'text/plain' });
    await answer.write('a'.repeat(100_000));
  });
  const connector = openAiCompatible({ clock, log: silentLog });
  const outcome = outcomeOf(pulled(connector, callTo(stub.url)));
  expect((await outcome).thrown).toMatchObject({ httpStatus: 500, failure: 'STATUS' });
});

test('a refusal that breaks off is told by its status and the words that came', async () => {
  stub.answerWith(async (answer) => {
    answer.head(503, { 'content-type': 'text/plain', 'content-length': '100' });
    await answer.write('Back soon');
    answer.cut();
  });
  expect(await faultOf(callTo(stub.url))).toMatchObject({
    failure: 'OVERLOADED',
    providerMessage: 'Back soon',
  });
});

describe('an error in a 200', () => {
  const inBody: readonly [string, unknown, string][] = [
    ['without a code', { message: 'Provider disconnected' }, 'ERROR_IN_BODY'],
    ['with a status', { message: 'Slow down', code: 429 }, 'RATE_LIMITED'],
    ['with a code', { message: 'Too long', code: 'context_length_exceeded' }, 'CONTEXT_LENGTH'],
    ['as a sentence', 'Provider disconnected', 'ERROR_IN_BODY'],
  ];

  test.each(inBody)('%s fails a stream', async (_, body, failure) => {
    stub.answerWith((answer) => answer.sse(textChunk('Hel'), { error: body }, '[DONE]'));
    const { text, thrown } = await send(callTo(stub.url));
    expect(text).toBe('Hel');
    expect(thrown).toMatchObject({ failure });
  });

  test.each(inBody)('%s fails a whole answer', async (_, body, failure) => {
    stub.answerWith((answer) => answer.json(200, { error: body }));
    expect(await faultOf(callTo(stub.url, { stream: false }))).toMatchObject({ failure });
  });

  test.each(inBody)('%s, as JSON where a stream was asked for, fails', async (_, body, failure) => {
    stub.answerWith((answer) => answer.json(200, { error: body }));
    expect(await faultOf(callTo(stub.url))).toMatchObject({ failure });
  });
});

describe('an answer that is not the protocol', () => {
  const page = { 'content-type': 'text/html' };

  test.each([true, false])('by its content type (stream: %s)', async (stream) => {
    stub.answerWith((answer) => answer.json(200, '<html>Sign in</html>', page));
    const fault = await faultOf(callTo(stub.url, { stream }));
    expect([fault.failure, fault.providerMessage]).toEqual(['CONTENT_TYPE', undefined]);
  });

  test('by its encoding, which was not asked for', async () => {
    stub.answerWith((answer) => answer.json(200, {}, { 'content-encoding': 'gzip' }));
    expect((await faultOf(callTo(stub.url, { stream: false }))).failure).toBe('CONTENT_TYPE');
  });

  test.each([
    ['no JSON', '{"choices":[{"message"', 'MALFORMED'],
    ['an empty body', '', 'MALFORMED'],
    ['no answer', '[]', 'CUT'],
    ['an answer without a finish', wholeAnswer({ content: 'Hel' }, null), 'CUT'],
  ])('by its body: %s', async (_, body, failure) => {
    stub.answerWith((answer) => answer.json(200, body));
    expect((await faultOf(callTo(stub.url, { stream: false }))).failure).toBe(failure);
  });

  test('by its size', async () => {
    const space = Buffer.alloc(1024 * 1024, ' ');
    stub.answerWith(async (answer) => {
      answer.head(200, { 'content-type': 'application/json' });
      for (let count = 0; count < 6; count++) await answer.write(space);
      await answer.write(JSON.stringify(wholeAnswer({ content: 'Hello' })));
      answer.end();
    });
    expect((await faultOf(callTo(stub.url, { stream: false }))).failure).toBe('EXCESS');
  });

  test('by the length of one event', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a');
    stub.answerWith(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' });
      await answer.write('data: ');
      for (let count = 0; count < 6; count++) await answer.write(piece);
      answer.end();
    });
    expect((await faultOf(callTo(stub.url))).failure).toBe('EXCESS');
  });
});

describe('the words of a provider', () => {
  const canary = 'canary-9f2c-not-in-any-known-form';
  const secret = new Secret(canary);

  test('reach the caller without the credential, in 500 characters', async () => {
    stub.answerWith((answer) =>
      answer.json(400, error(`Key ${canary} is odd. ${'x'.repeat(900)}`)),
    );
    const fault = await faultOf(callTo(stub.url, { target: { secret } }));
    expect(fault.providerMessage).toMatch(/^Key \[secret\] is odd\. x+…$/);
    expect(fault.providerMessage).toHaveLength(500);
    expect(JSON.stringify({ ...fault, public: fault.public })).not.toContain(canary);
  });

  test('on its credential name no account and no part of the key to the caller', async () => {
    const log = recordingLog();
    stub.answerWith((answer) =>
      answer.json(401, error(`Bad key ${canary} (sk-ab***yz) of acme@example.com`)),
    );
    const call = callTo(stub.url, { target: { secret } });
    const attempt = pulled(
      openAiCompatible({ clock: systemClock, log }),
      call,
      new AbortController().signal,
    );
    const { thrown } = await outcomeOf(attempt);
    expect(thrown).toBeInstanceOf(UpstreamFault);
    expect((thrown as UpstreamFault).public).toContain('It said: Bad key [secret] […] of […].');
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        fields: { status: 401, reason: 'Bad key [secret] (sk-ab***yz) of acme@example.com' },
      },
    ]);
  });
});
