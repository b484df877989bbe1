import type { UpstreamEvent } from './connector.ts';
import { AnswerReader, type ErrorInBody } from './openai-answer.ts';
import { answerIn } from './openai-whole.ts';

/** What stands around the text of a chunk, in the stream. */
interface Form {
  readonly before: string;
  readonly after: string;
}

/** So many forms are learned of which none was of use: the chunks of this stream are not alike. */
const triesMax = 3;
const probe = 'probe';
const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;

/**
 * Reads chunks that differ from an earlier one in their text alone, and parses nothing: most of a
 * stream is such chunks. A form is learned from a chunk that said a text and nothing else, and is
 * believed once another text in its place was read as exactly that text. Where a text needs an
 * escape, or anything else differs, the chunk is left to the parser. Parts are compared as wholes:
 * `startsWith` is four times as dear, since V8 goes through it character by character.
 */
export class AlikeChunks {
  readonly #errorInBody: ErrorInBody;
  #form: Form | null = null;
  #triesLeft = triesMax;

  constructor(errorInBody: ErrorInBody) {
    this.#errorInBody = errorInBody;
  }

  /** Takes the data of a chunk that said this text for the form of those to come. */
  learn(data: string, text: string): void {
    // Data of several lines does not stand in the stream as it is.
    if (this.#triesLeft === 0 || data.includes('\n')) return;
    this.#triesLeft--;
    const quoted = JSON.stringify(text);
    const at = data.indexOf(quoted);
    if (at < 0) return;
    const before = data.slice(0, at + 1);
    const after = data.slice(at + quoted.length - 1);
    if (this.#textAlone(before + probe + after) !== probe) return;
    this.#form = { before: `data: ${before}`, after: `${after}\n\n` };
  }

  /**
   * Reads the event that begins at `at`; returns where it ends, −1 when it is not alike. Nothing
   * may be open at `at`: the event before has ended.
   */
  read(stream: string, at: number, events: UpstreamEvent[]): number {
    if (!this.#form) return -1;
    const { before, after } = this.#form;
    const start = at + before.length;
    if (stream.slice(at, start) !== before) return -1;
    const end = endOfPlain(stream, start);
    const next = end + after.length;
    if (stream.slice(end, next) !== after) return -1;
    this.#triesLeft = triesMax;
    if (end > start) events.push({ type: 'text', text: apart(stream, start, end) });
    return next;
  }

  /** What a chunk says when that is a text and nothing else, now and for the end of the answer. */
  #textAlone(data: string): string | null {
    const reader = new AnswerReader(this.#errorInBody);
    const events: UpstreamEvent[] = [];
    reader.read(answerIn(data), events);
    const [event] = events;
    const alone = events.length === 1 && !reader.knowsOfEnd;
    return alone && event?.type === 'text' ? event.text : null;
  }
}

/** V8 makes a part of at least so many characters a view, which keeps all that it is a part of. */
const viewCharactersMin = 13;

/** A plain text between quotes, for itself: of a view, all that was read with it would be kept. */
function apart(stream: string, start: number, end: number): string {
  if (end - start < viewCharactersMin) return stream.slice(start, end);
  return JSON.parse(stream.slice(start - 1, end + 1));
}

/** Where the inside of a JSON string stops to be plain: at its quote, if it is plain to its end. */
function endOfPlain(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code !== quote; code = text.charCodeAt(++at)) {
    // Behind the end of the text it is no number, which is not above any.
    if (!(code >= space) || code === backslash) break;
  }
  return at;
}
