import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Fault, type LogFields, type LogLevel, openLog, Secret, scrub, silentLog } from '#kernel';

const canary = 'c4n4ryS3cretValue0123456789';

async function recorded(level: LogLevel, pretty = false) {
  const chunks: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  const log = await openLog({ level, pretty, destination });
  const text = () => chunks.join('');
  const lines = () =>
    text()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, text, lines };
}

it('a line is one JSON object with its time, level, message and fields', async () => {
  const { log, lines } = await recorded('info');
  log.with({ topic: 'credits' }).warn('late', { completion: 'cmp_1', count: 12 });
  expect(lines()).toEqual([
    {
      level: 40,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      topic: 'credits',
      completion: 'cmp_1',
      count: 12,
      msg: 'late',
    },
  ]);
});

it('what is below the level is not written', async () => {
  const { log, lines } = await recorded('warn');
  log.info('a');
  log.debug('b');
  log.error('c');
  expect(lines().map(({ msg }) => msg)).toEqual(['c']);
  silentLog.with({ topic: 'a' }).error('nothing, and no failure');
});

it('an error is written with its code and its causes', async () => {
  const { log, lines } = await recorded('info');
  const cause = new Error('below', { cause: 'the ground' });
  log.error('broke', { error: new Fault('CONFLICT', { public: 'Taken.', cause }) });
  expect(lines()[0]).toMatchObject({
    error: {
      name: 'Fault',
      code: 'CONFLICT',
      message: 'Taken.',
      cause: { name: 'Error', message: 'below', cause: { message: 'the ground' } },
    },
  });
});

it('an error that is its own cause ends', async () => {
  const { log, lines } = await recorded('info');
  const circle = new Error('around');
  circle.cause = circle;
  log.error('broke', { error: circle });
  expect(lines()).toHaveLength(1);
});

/** What a credential looks like where one can slip into a text. */
const leaks: Record<string, string> = {
  'our key': `sk-bourse-${canary}`,
  'a provider key': `sk-proj-${canary}`,
  'a GitHub token': `ghp_${canary}`,
  'a Google key': `AIza${canary}`,
  'a bearer header': `authorization: Bearer ${canary}`,
  'a basic header': `authorization: Basic ${canary}`,
  'a JSON header': `{"authorization":"Bearer ${canary}"}`,
  'a key in a JSON body': `{"api_key":"${canary}"}`,
  'a key in a header': `x-api-key: ${canary}`,
  'a key in a query': `https://a.example/v1?key=${canary}&b=1`,
  'an access token in a query': `https://a.example/v1?access_token=${canary}`,
  'a password in an address': `postgresql://bourse:${canary}@db/x`,
  'a password alone in an address': `redis://:${canary}@cache`,
  'a password with a slash in an address': `postgresql://bourse:a/${canary}@db/x`,
  'a web token': `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${canary}`,
};

describe('a secret is never printed:', () => {
  it.each(Object.entries(leaks))('%s', async (_, leak) => {
    const { log, text } = await recorded('debug');
    const fault = new Fault('INTERNAL', { public: leak, internal: leak, cause: new Error(leak) });
    const fields: LogFields[] = [
      { reason: leak },
      { path: leak, address: leak, provider: leak },
      { error: new Error(leak) },
      { error: fault },
      { error: leak },
      { error: { toString: () => leak } },
    ];
    for (const each of fields) log.error(leak, each);
    log.with({ reason: leak }).debug('with');
    expect(text()).not.toContain(canary);
    expect(text()).toContain('[secret]');
    expect(scrub(leak)).not.toContain(canary);
  });

  it('of a terminal neither', async () => {
    const { log, text } = await recorded('debug', true);
    const written = Promise.withResolvers<void>();
    for (const leak of Object.values(leaks)) log.error(leak, { reason: leak });
    log.error('last line');
    const poll = () => (text().includes('last line') ? written.resolve() : setImmediate(poll));
    poll();
    await written.promise;
    expect(text()).not.toContain(canary);
  });

  it('of a Secret, however it is printed', async () => {
    const secret = new Secret(canary);
    const printed = [`${secret}`, JSON.stringify({ secret }), inspect({ secret }), inspect(secret)];
    expect(printed.join()).not.toContain(canary);
    expect(Object.values(secret)).toEqual([]);
    expect(secret.reveal()).toBe(canary);
    const { log, text } = await recorded('info');
    log.info('x', { error: secret });
    expect(text()).not.toContain(canary);
  });

  it('cut in two by the limit of a text', async () => {
    const { log, text } = await recorded('info');
    for (let before = 1_960; before < 2_000; before++) {
      log.info(`${'.'.repeat(before)} sk-bourse-${canary}`);
    }
    expect(text()).not.toMatch(/c4n4ry/);
  });
});

it('a field that is not in the list cannot be written, whoever goes around the types', async () => {
  const { log, text } = await recorded('info');
  const prompt = { prompt: canary, body: { answer: canary }, topic: 'OK' } as LogFields;
  log.info('x', prompt);
  log.with(prompt).info('y');
  expect(text()).not.toContain(canary);
  expect(text()).toContain('OK');
});

it('what others say is cut', async () => {
  const { log, lines } = await recorded('info');
  log.info('x', { reason: 'a '.repeat(5_000) });
  expect(String(lines()[0]?.['reason']).length).toBeLessThan(2_100);
});

it('what is no credential stays readable', () => {
  for (const text of [
    'the key was revoked',
    'https://a.example/v1/models?limit=5',
    'postgresql://bourse@db:5432/x',
    'sk-short',
    'key_01kb2c3d4e5f6g7h8j9k0mnpqr of org_01kb2c3d4e5f6g7h8j9k0mnpqr',
    'http://127.0.0.1:4000/graphql',
    'at 12:30 by a@b.example: 5 of 7',
  ]) {
    expect(scrub(text)).toBe(text);
  }
});
