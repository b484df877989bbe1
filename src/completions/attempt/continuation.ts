import type { ChatMessage } from '#upstream';
import { countTokens } from '#upstream';
import type { Running } from '../runs/running.ts';
import { Overlap } from './overlap.ts';

/** How an answer that broke off is gone on with at another endpoint. */
export interface Continuation {
  /** The conversation, then the partial answer as a turn of the user: no model refuses that. */
  readonly messages: readonly ChatMessage[];
  /** Tokens of answer that were delivered before. */
  readonly delivered: number;
  readonly overlap: Overlap;
}

/**
 * Whether what was delivered is plain text and nothing else: a tool call or JSON cannot be gone on
 * with in the middle, and neither can what was continued once already.
 */
export function mayContinue(running: Running): boolean {
  const { request, transcript, continued } = running;
  const plain = (request.chat.responseFormat?.type ?? 'text') === 'text';
  const onlyText = transcript.toolCalls.length === 0 && transcript.text !== '';
  return request.onStreamFailure === 'CONTINUE' && plain && onlyText && !continued;
}

export async function continuationOf({ request, transcript }: Running): Promise<Continuation> {
  const { text } = transcript;
  return {
    messages: [...request.chat.messages, { role: 'user', content: goOn(text) }],
    delivered: await countTokens(text),
    overlap: new Overlap(text),
  };
}

const goOn = (text: string) =>
  [
    'Your answer to the above was cut off. This is what arrived of it:',
    `<partial_answer>\n${text}\n</partial_answer>`,
    'Go on with it from exactly where it stops, in the middle of a word if need be.',
    'Write only what comes next: repeat nothing of it and say nothing about it.',
  ].join('\n\n');
