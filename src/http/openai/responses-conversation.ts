import type { ContentPartInput, MessageInput } from '#completions';
import { upper } from '#kernel';
import type { ResponsesRequest } from '#schema';
import { plainThought } from '#upstream';
import { marked } from '../rest/cache-marks.ts';
import type { Origins } from '../rest/origins.ts';
import { filePart } from '../rest/parts.ts';
import { argumentsOf } from './responses-free-form.ts';
import { unsealed } from './responses-reasoning.ts';
import { wholeName } from './responses-tools.ts';

type Items = Exclude<ResponsesRequest['input'], string>;
type Item = Items[number];
type Reasoning = Extract<Item, { type: 'reasoning' }>;
type Message = Extract<Item, { role: string }>;
type Part = Exclude<Message['content'], string>[number];

/**
 * The instructions and items as messages, in order. What an assistant thought, said and called in
 * one turn are items of their own there and one message here.
 */
export function conversationOf({ instructions, input }: ResponsesRequest, to: Origins): void {
  if (instructions) to.add({ role: 'SYSTEM', content: instructions }, 'instructions');
  if (typeof input === 'string') to.add({ role: 'USER', content: input }, 'input');
  else itemsTo(input, to);
}

function itemsTo(input: Items, to: Origins): void {
  let thoughts: readonly unknown[] = [];
  for (const [index, item] of input.entries()) {
    const field = `input.${index}`;
    if (item.type === 'reasoning') {
      thoughts = [...thoughts, ...thoughtsIn(item)];
      continue;
    }
    const message = reasoned(messageOf(item), thoughts);
    const turn = message.role === 'ASSISTANT' ? sameTurn(to.messages.at(-1), message) : null;
    if (turn) to.messages[to.messages.length - 1] = turn;
    else to.add(message, field);
    thoughts = [];
  }
}

/** Sealed, or the text alone where nothing was. */
function thoughtsIn({ encrypted_content: seal, content, summary }: Reasoning): readonly unknown[] {
  if (seal) return unsealed(seal);
  const texts = content?.length ? content : (summary ?? []);
  return plainThought(texts.map(({ text }) => text).join('')) ?? [];
}

const reasoned = (message: MessageInput, thoughts: readonly unknown[]): MessageInput =>
  message.role === 'ASSISTANT' && thoughts.length > 0
    ? { ...message, reasoningDetails: thoughts }
    : message;

/** A call behind what was said, or behind another call, belongs to the same turn. */
function sameTurn(last: MessageInput | undefined, next: MessageInput): MessageInput | null {
  if (last?.role !== 'ASSISTANT' || !next.toolCalls?.length) return null;
  const toolCalls = [...(last.toolCalls ?? []), ...next.toolCalls];
  return reasoned({ ...last, toolCalls }, [...thoughtsOf(last), ...thoughtsOf(next)]);
}

const thoughtsOf = ({ reasoningDetails }: MessageInput): readonly unknown[] =>
  Array.isArray(reasoningDetails) ? reasoningDetails : [];

function messageOf(item: Exclude<Item, { type: 'reasoning' }>): MessageInput {
  switch (item.type) {
    case 'function_call':
    case 'custom_tool_call':
      return { role: 'ASSISTANT', content: null, toolCalls: [callOf(item)] };
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'TOOL', toolCallId: item.call_id, ...resultOf(item.output) };
    default:
      return { role: upper(item.role), ...spoken(item) };
  }
}

type Call = Extract<Item, { type: 'function_call' | 'custom_tool_call' }>;

const callOf = (call: Call) => ({
  id: call.call_id,
  name: wholeName({ name: call.name, namespace: call.namespace ?? undefined }),
  arguments: call.type === 'function_call' ? call.arguments : argumentsOf(call.input),
});

/** What an assistant said is one text, whatever parts it came in, and a mark in it ends it. */
function spoken({ role, content }: Message) {
  if (role !== 'assistant' || typeof content === 'string') return contentOf(content);
  const mark = content.findLast((part) => part.cache_control)?.cache_control;
  return { content: content.map((part) => textOf(part) ?? '').join(''), ...marked(mark) };
}

const contentOf = (content: string | readonly Part[]) =>
  typeof content === 'string' ? { content } : { parts: content.map(partOf) };

/** A tool that returned nothing is told as that. */
const resultOf = (output: string | readonly Part[]) =>
  output.length === 0 ? { content: '' } : contentOf(output);

function textOf(part: Part): string | null {
  if ('text' in part) return part.text;
  return 'refusal' in part ? part.refusal : null;
}

const partOf = (part: Part): ContentPartInput => ({
  ...saidIn(part),
  ...marked(part.cache_control),
});

function saidIn(part: Part): ContentPartInput {
  switch (part.type) {
    case 'input_image':
      return { imageUrl: part.image_url };
    case 'input_file':
      return filePart(part.file_data, part.filename);
    default:
      return { text: textOf(part) };
  }
}
