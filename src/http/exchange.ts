import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { currentOrigin } from '#audit';
import { ConnectionLost } from '#completions';
import { atTurnEnd, Fault, InvalidInput } from '#kernel';
import { hasFewValues, jsonValuesMax } from './json-values.ts';
import { Uploads } from './uploads.ts';

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** `url.pathname` */
  readonly path: string;
  readonly requestId: string;
  /**
   * Aborts, with a `ConnectionLost` as its reason, when the client has gone before the answer was
   * complete.
   */
  readonly signal: AbortSignal;
}

/** A request id that a proxy gave is kept when it is harmless to print. */
const requestIdForm = /^[A-Za-z0-9_.:-]{8,128}$/;

export function givenRequestId({ headers }: IncomingMessage): string | null {
  const given = headers['x-request-id'];
  return typeof given === 'string' && requestIdForm.test(given) ? given : null;
}

const nowhere = 'http://localhost/';

/**
 * Where the request goes; a target that is no address goes to the front page. A base URL with a
 * slash at its end gives two in a row, which are one: after two a host would be read.
 */
export function addressOf({ url }: IncomingMessage): URL {
  return URL.parse((url ?? '/').replace(/^[/\\]{2,}/, '/'), nowhere) ?? new URL(nowhere);
}

export function openExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const requestId = givenRequestId(request) ?? randomUUID();
  const left = new AbortController();
  response.setHeader('X-Request-Id', requestId);
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new ConnectionLost('the client has gone'));
  });
  return new OpenExchange(request, response, { requestId, signal: left.signal });
}

/** A path that needs no look at the rules of addresses, which every request would pay for. */
const plainPath = /^(?:\/[\w-]+)+$/;

class OpenExchange implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly signal: AbortSignal;
  #url: URL | undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { requestId, signal }: Pick<Exchange, 'requestId' | 'signal'>,
  ) {
    this.request = request;
    this.response = response;
    this.requestId = requestId;
    this.signal = signal;
  }

  get url(): URL {
    this.#url ??= addressOf(this.request);
    return this.#url;
  }

  get path(): string {
    const { url } = this.request;
    return url && plainPath.test(url) ? url : this.url.pathname;
  }
}

/** The credential as it came, without the word Bearer; undefined without one. */
export function credentialOf(authorization: string | undefined): string | undefined {
  const given = authorization?.trim();
  return given ? given.replace(/^bearer\s+/i, '') : undefined;
}

/**
 * Whether the client, which has not taken what was sent before the rest was kept no longer, is
 * left: its connection is closed, as what waits on it takes memory too.
 */
export function leftBehind({ response }: Exchange, thrown: unknown): boolean {
  const expired = Fault.from(thrown).code === 'RESUME_EXPIRED';
  const left = expired && response.socket?.writableNeedDrain === true;
  if (left) response.destroy();
  return left;
}

const bodyBytesMax = 10 * 1024 * 1024;

/** A request that is refused by a rule of HTTP itself, with the status that says so. */
export class RequestRefused extends Fault {
  override readonly name = 'RequestRefused';
  readonly status: number;

  constructor(status: number, sentence: string) {
    super('INVALID_INPUT', { public: sentence });
    this.status = status;
  }
}

const mebibyte = 1024 * 1024;
const everybodys = new Uploads({ address: 128 * mebibyte, all: 512 * mebibyte });

/** So much is read only to be thrown away. */
const discardedBytesMax = 64 * 1024 * 1024;

/**
 * The whole body, at the end of the turn that brought its last bytes: the requests of a turn are
 * answered in a row. What is too large is read to its end and kept no further, since a client that
 * is still sending would meet a closed connection and never hear the refusal. What is larger by far
 * is refused as soon as that is known: nothing more is read, and the connection is closed. So is
 * what comes while too much is on its way already.
 */
export function bodyOf({ request, response }: Exchange, uploads = everybodys): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const upload = uploads.begin(currentOrigin().address ?? '');
    request.once('close', () => upload.end());
    const turnAway = (refusal: Fault) => {
      request.off('data', take).pause();
      chunks.length = 0;
      upload.end();
      response.setHeader('Connection', 'close');
      reject(refusal);
    };
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
      else chunks.length = 0;
      if (bytes > discardedBytesMax) turnAway(tooLarge());
      else if (!upload.holds(Math.min(bytes, bodyBytesMax))) turnAway(tooMuchAtOnce());
    };
    if (Number(request.headers['content-length'] ?? 0) > discardedBytesMax) {
      return turnAway(tooLarge());
    }
    const encoding = request.headers['content-encoding'] || 'identity';
    if (encoding.toLowerCase() !== 'identity') return reject(encoded(encoding));
    request.on('data', take);
    const whole = () =>
      bytes > bodyBytesMax ? reject(tooLarge()) : resolve(Buffer.concat(chunks, bytes));
    request.once('end', () => atTurnEnd(whole));
    request.once('error', () => reject(brokenOff()));
  });
}

const tooLarge = () =>
  new RequestRefused(413, 'The request is larger than 10 MiB. Send less at once.');

const tooMuchAtOnce = () =>
  new Fault('RATE_LIMITED', {
    public: 'Too many large requests are being uploaded at once. Send them one after another.',
    retryAfterMs: 1_000,
  });

/** Nobody is there to read it. */
const brokenOff = () => new Fault('CANCELLED', { public: 'The request broke off.' });

const encoded = (encoding: string) =>
  new RequestRefused(
    415,
    `A body in ${encoding.slice(0, 32)} is not accepted. Send it uncompressed.`,
  );

/** The body as JSON; InvalidInput when it is none, or one of more values than anybody needs. */
export function jsonOf(body: Buffer): unknown {
  if (!hasFewValues(body)) throw tooManyValues();
  try {
    return JSON.parse(body.toString());
  } catch (thrown) {
    const reason = thrown instanceof SyntaxError ? thrown.message : String(thrown);
    throw InvalidInput.at('body', `This is not JSON: ${reason.slice(0, 200)}.`, 'a JSON object');
  }
}

export const tooManyValues = () =>
  InvalidInput.at('body', 'It has too many values.', `at most ${jsonValuesMax} in all`);

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, JSON.stringify(body));
}

/** JSON that is text already: with its head it goes out as one write. */
function sendText(response: ServerResponse, status: number, text: string): void {
  begin(response, status, Buffer.byteLength(text));
  response.end(text);
}

/** Below this a text is joined and written whole, which costs less than a write in pieces. */
const smallCharacters = 8 * 1024;

/** JSON in parts of text, each of which may be large: a large one is not copied to join it. */
export function sendParts(response: ServerResponse, status: number, parts: readonly string[]) {
  const characters = parts.reduce((sum, { length }) => sum + length, 0);
  if (characters < smallCharacters) sendText(response, status, parts.join(''));
  else
    sendBytes(
      response,
      status,
      parts.map((part) => Buffer.from(part)),
    );
}

/** JSON in pieces that are bytes already: with its head it goes out as one write. */
export function sendBytes(
  response: ServerResponse,
  status: number,
  pieces: readonly Buffer[],
): void {
  begin(
    response,
    status,
    pieces.reduce((bytes, piece) => bytes + piece.length, 0),
  );
  response.cork();
  for (const piece of pieces) response.write(piece);
  response.end();
}

function begin(response: ServerResponse, status: number, bytes: number): void {
  response.writeHead(status, {
    'Content-Type': response.getHeader('Content-Type') ?? 'application/json; charset=utf-8',
    'Content-Length': bytes,
  });
}
