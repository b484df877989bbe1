import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { openAiCompatible, UpstreamFault } from '#upstream';
import { destinationOf } from '../../../src/upstream/http/destination.ts';
import { Exchange } from '../../../src/upstream/http/exchange.ts';
import { Pool } from '../../../src/upstream/http/pool.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
} from '../../harness/upstream-stub.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';
import { callTo, connector, faultOf, outcomeOf, patient, pulled, send } from '../calls.ts';

let stub: UpstreamStub;
beforeEach(async () => {
  stub = await stubUpstream();
});
afterEach(() => stub.close());

/** A TCP server that does with each connection what it is told. */
async function tcp(onConnection: Parameters<typeof createServer>[1]): Promise<{
  url: string;
  server: Server;
}> {
  const server = createServer(onConnection as () => void).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/v1`, server };
}

describe('a connection', () => {
  test('is kept and used again after a proper end', async () => {
    const one = connector();
    const signal = new AbortController().signal;
    for (const stream of [true, false, true]) {
      const { text, thrown } = await outcomeOf(pulled(one, callTo(stub.url, { stream }), signal));
      expect({ text, thrown }).toEqual({ text: 'Hello', thrown: undefined });
    }
    expect(stub.connections).toBe(1);
  });

  test('that the server closed while it was idle costs no attempt', async () => {
    let answered = 0;
    const { url, server } = await tcp((socket) => {
      socket.on('error', () => {});
      // Answers one request properly, and closes without a word when a second one arrives.
      let asked = 0;
      socket.on('data', () => {
        if (++asked > 1) return void socket.resetAndDestroy();
        answered++;
        const body = JSON.stringify({
          choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }],
        });
        const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n`;
        socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
      });
    });
    const one = connector();
    const signal = new AbortController().signal;
    for (let turn = 0; turn < 2; turn++) {
      const { text, thrown } = await outcomeOf(pulled(one, callTo(url, { stream: false }), signal));
      expect({ text, thrown }).toEqual({ text: 'Hello', thrown: undefined });
    }
    expect(answered).toBe(2);
    server.close();
  });

  test('refused by the machine is a CONNECT failure', async () => {
    const { url, server } = await tcp(() => {});
    server.close();
    await once(server, 'close');
    expect((await faultOf(callTo(url))).failure).toBe('CONNECT');
  });

  test('to a name that does not exist is a CONNECT failure', async () => {
    expect((await faultOf(callTo('http://nowhere.invalid/v1'))).failure).toBe('CONNECT');
  });

  test('to a server without TLS, asked for by https, is a TLS failure', async () => {
    const url = stub.url.replace('http:', 'https:');
    expect((await faultOf(callTo(url))).failure).toBe('TLS');
  });

  test('that ends before any answer is a CUT', async () => {
    stub.answerWith((answer) => answer.cut());
    expect((await faultOf(callTo(stub.url))).failure).toBe('CUT');
  });

  test('to something that does not speak HTTP is MALFORMED', async () => {
    const { url, server } = await tcp((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('220 mail.example ESMTP\r\n'));
    });
    expect((await faultOf(callTo(url))).failure).toBe('MALFORMED');
    server.close();
  });

  test('whose headers are endless is MALFORMED', async () => {
    stub.answerWith((answer) => answer.json(200, {}, { 'x-long': 'a'.repeat(40_000) }));
    expect((await faultOf(callTo(stub.url))).failure).toBe('MALFORMED');
  });

  test('never follows a redirect', async () => {
    stub.answerWith((answer) => answer.json(307, {}, { location: `${stub.url}/elsewhere` }));
    const fault = await faultOf(callTo(stub.url));
    expect([fault.failure, fault.httpStatus, stub.requests.length]).toEqual(['STATUS', 307, 1]);
  });
});

describe('an abort', () => {
  const reason = new Error('the caller left');
  /** Time stands still: what is not closed at once is not closed at all. */
  const timeless = () => openAiCompatible({ clock: virtualClock(), log: silentLog });

  async function abortAt(phase: (abort: AbortController) => Promise<void>) {
    const abort = new AbortController();
    const outcome = outcomeOf(pulled(timeless(), callTo(stub.url), abort.signal));
    await phase(abort);
    abort.abort(reason);
    await stub.requests[0]?.aborted;
    const { thrown, batches } = await outcome;
    expect(thrown).toBe(reason);
    return batches;
  }

  test('before the headers closes the connection at once', async () => {
    stub.answerWith(() => {});
    await abortAt(async () => void (await stub.nextRequest()));
  });

  test('in the middle of the stream closes the connection at once', async () => {
    stub.answerWith((answer) => answer.sse(textChunk('Hel')));
    const abort = new AbortController();
    const attempt = pulled(timeless(), callTo(stub.url), abort.signal)[Symbol.asyncIterator]();
    expect((await attempt.next()).value).toEqual([{ type: 'text', text: 'Hel' }]);
    const pending = attempt.next();
    abort.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await stub.requests[0]?.aborted;
  });

  test('throws before anything that was read and not yet pulled', async () => {
    const go = Promise.withResolvers<void>();
    stub.answerWith(async (answer) => {
      await answer.sse(textChunk('a'));
      await go.promise;
      await answer.sse(textChunk('b'));
    });
    const abort = new AbortController();
    const attempt = pulled(connector(), callTo(stub.url), abort.signal)[Symbol.asyncIterator]();
    await attempt.next();
    go.resolve();
    await readByClient();
    abort.abort(reason);
    await expect(attempt.next()).rejects.toBe(reason);
  });

  test('while a refusal is read closes the connection at once', async () => {
    stub.answerWith(async (answer) => {
      answer.head(500, { 'content-type': 'application/json' });
      await answer.write('{"error":');
    });
    await abortAt(async () => void (await stub.nextRequest()));
  });

  test('before the attempt sends nothing', async () => {
    const abort = new AbortController();
    abort.abort(reason);
    const { thrown } = await send(callTo(stub.url), abort.signal);
    expect(thrown).toBe(reason);
    expect(stub.connections).toBe(0);
  });

  test('while connecting ends the attempt', async () => {
    const clock = virtualClock();
    // 192.0.2.0/24 is kept for documentation: refused or silent, the abort comes first.
    const abort = new AbortController();
    const one = openAiCompatible({ clock, log: silentLog });
    const outcome = outcomeOf(pulled(one, callTo('http://192.0.2.1/v1'), abort.signal));
    abort.abort(reason);
    expect((await outcome).thrown).toBe(reason);
    expect(clock.pending).toBe(0);
  });

  test('a consumer that stops pulling closes the connection too', async () => {
    stub.answerWith((answer) => answer.sse(textChunk('Hel')));
    for await (const _ of pulled(connector(), callTo(stub.url))) break;
    await stub.requests[0]?.aborted;
  });

  test('leaves no listener on a signal that lives on', async () => {
    const { signal } = new AbortController();
    let listening = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listening++;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listening--;
      remove(...given);
    };
    await send(callTo(stub.url), signal);
    expect(listening).toBe(0);
  });
});

test.each([
  ['STREAM 6: with its first content has given none', false, 1],
  ['later gives what stood before', true, 2],
])('an answer that breaks off in a read %s', async (_what, hasContent, times) => {
  const began = Promise.withResolvers<Socket | null>();
  stub.answerWith(async ({ sse, raw: { socket } }) => {
    await sse('{}');
    began.resolve(socket);
  });
  const exchange = new Exchange({
    ...callTo(stub.url).target,
    to: destinationOf(new URL(stub.url)),
    headers: {},
    body: '{}',
    pool: new Pool(),
    clock: systemClock,
    signal: new AbortController().signal,
  });
  await exchange.reply();
  let gone = 0;
  const first = Promise.withResolvers<void>();
  const goOn = () => {
    gone++;
    first.resolve();
  };
  const poured = exchange.pour({ read: () => false, goOn });
  await first.promise;
  if (hasContent) exchange.contentSeen();
  (await began.promise)?.write('6\r\ndata: \r\nno size\r\n');
  await expect(poured).rejects.toMatchObject({ failure: 'MALFORMED' });
  expect(gone).toBe(times);
});

describe('a time-out', () => {
  const limits = { connectMs: 100, firstContentMs: 1_000, idleMs: 500, totalMs: 60_000 };

  /** Runs an attempt on a clock that the test moves once the stub has said so. */
  function timed(timeouts: Partial<typeof limits>, stream = true) {
    const clock = virtualClock();
    const one = openAiCompatible({ clock, log: silentLog });
    const call = callTo(stub.url, { stream, target: { timeouts: { ...limits, ...timeouts } } });
    const attempt = pulled(one, call);
    return { clock, iterator: attempt[Symbol.asyncIterator](), attempt };
  }

  test('of the first content runs through headers and heartbeats', async () => {
    const beating = Promise.withResolvers<void>();
    stub.answerWith(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' });
      await answer.write(': processing\n\n');
      await answer.sse({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] });
      beating.resolve();
    });
    const { clock, iterator } = timed({});
    const pending = iterator.next();
    await beating.promise;
    const failed = expect(pending).rejects.toMatchObject({ failure: 'FIRST_CONTENT_TIMEOUT' });
    await clock.advance(999);
    await clock.advance(1);
    await failed;
    await stub.requests[0]?.aborted;
  });

  test('of a whole answer is over by its first byte that says something', async () => {
    const said = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    stub.answerWith(async (answer) => {
      answer.head(200, { 'content-type': 'application/json' });
      await answer.write('\n \n{"choices":[{"message":{"content":"Hello"},');
      said.resolve();
      await go.promise;
      await answer.write('"finish_reason":"stop"}]}');
      answer.end();
    });
    const { clock, attempt } = timed({ idleMs: 60_000 }, false);
    const outcome = outcomeOf(attempt);
    await said.promise;
    await readByClient();
    await clock.advance(2_000);
    go.resolve();
    expect(await outcome).toMatchObject({ text: 'Hello', thrown: undefined });
  });

  test('of a silence in the middle is an IDLE_TIMEOUT', async () => {
    stub.answerWith((answer) => answer.sse(textChunk('Hel')));
    const { clock, iterator } = timed({});
    await iterator.next();
    const failed = expect(iterator.next()).rejects.toMatchObject({ failure: 'IDLE_TIMEOUT' });
    await clock.advance(500);
    await failed;
  });

  test('of the whole attempt holds though content keeps coming', async () => {
    stub.answerWith((answer) => answer.sse(textChunk('Hel')));
    const { clock, iterator } = timed({ totalMs: 400 });
    await iterator.next();
    const failed = expect(iterator.next()).rejects.toMatchObject({ failure: 'TOTAL_TIMEOUT' });
    await clock.advance(400);
    await failed;
  });

  test('of the connection runs while its name is looked up', async () => {
    const clock = virtualClock();
    const pool = new Pool({ lookup: () => {} });
    const one = openAiCompatible({ clock, log: silentLog, pool });
    const call = callTo('http://provider.example/v1', { target: { timeouts: limits } });
    const outcome = outcomeOf(pulled(one, call));
    await clock.advance(100);
    expect((await outcome).thrown).toMatchObject({ failure: 'CONNECT_TIMEOUT' });
  });

  test('does not count the time in which the consumer rests', async () => {
    const go = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    stub.answerWith(async (answer) => {
      await answer.sse(textChunk('a'));
      await go.promise;
      await answer.sse(textChunk('b'));
      await goOn.promise;
      await answer.sse(finishChunk(), endMark);
      answer.end();
    });
    const { clock, iterator } = timed({});
    await iterator.next();
    go.resolve();
    await readByClient();
    await clock.advance(5_000);
    goOn.resolve();
    const rest = await outcomeOf({ [Symbol.asyncIterator]: () => iterator });
    expect(rest).toMatchObject({ text: 'b', thrown: undefined });
  });

  test('leaves no timer behind, however the attempt ended', async () => {
    const { clock, attempt } = timed({});
    expect((await outcomeOf(attempt)).thrown).toBeUndefined();
    stub.answerWith((answer) => answer.json(500, {}));
    const failing = openAiCompatible({ clock, log: silentLog });
    const failed = pulled(failing, callTo(stub.url));
    expect((await outcomeOf(failed)).thrown).toBeInstanceOf(UpstreamFault);
    await stub.close();
    expect(clock.pending).toBe(0);
    stub = await stubUpstream();
  });
});

test('a consumer that does not pull bounds what is held: the provider has to wait', async () => {
  const piece = textChunk('x'.repeat(64 * 1024));
  let written = 0;
  const stalled = Promise.withResolvers<void>();
  stub.answerWith(async (answer) => {
    answer.raw.once('close', stalled.resolve);
    for (let count = 0; count < 2_000; count++) {
      const sent = answer.sse(piece);
      // A write that stays in the server's own buffer waits for the client to read.
      if (answer.backlog > 1024 * 1024) return stalled.resolve();
      written += 64 * 1024;
      await Promise.race([sent, nextTurns()]);
    }
  });
  const target = { timeouts: patient };
  const attempt = pulled(connector(), callTo(stub.url, { target }));
  const iterator = attempt[Symbol.asyncIterator]();
  await iterator.next();
  await stalled.promise;
  expect(written).toBeLessThan(64 * 1024 * 1024);
  await iterator.return?.(undefined);
});

/** Some turns of the event loop: sockets that can move have moved. */
async function nextTurns() {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}

/** One round trip of another request: what was sent before it has reached this process. */
async function readByClient() {
  const other = await stubUpstream();
  await send(callTo(other.url));
  await other.close();
}
