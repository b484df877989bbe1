import type { ContentPartInput, MessageInput } from '#completions';
import type { MessagesRequest } from '#schema';
import { marked } from '../rest/cache-marks.ts';
import type { Origins } from '../rest/origins.ts';
import { detailsOf } from './thinking.ts';

type Content = MessagesRequest['messages'][number]['content'];
type Block = Extract<Content, readonly unknown[]>[number];
type Of<Type extends Block['type']> = Extract<Block, { type: Type }>;

/** The system prompt and the turns as messages, in order. */
export function conversationOf({ system, messages }: MessagesRequest, to: Origins) {
  if (system?.length) to.add(plain('SYSTEM', system), 'system');
  for (const [index, { role, content }] of messages.entries()) {
    const field = `messages.${index}`;
    if (role === 'assistant') to.add(said(content), field);
    else if (role === 'system') to.add(plain('SYSTEM', blocksOf(content)), field);
    else for (const message of asked(content)) to.add(message, field);
  }
}

const blocksOf = (content: Content): readonly Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

function plain(role: 'SYSTEM' | 'USER', content: string | readonly Block[]): MessageInput {
  if (typeof content === 'string') return { role, content };
  return { role, parts: content.flatMap(partOf) };
}

/** Results of tools come first, each as a message of its own; what else was said follows. */
function asked(content: Content): MessageInput[] {
  if (typeof content === 'string') return [plain('USER', content)];
  const results = content.filter((block): block is Of<'tool_result'> => isA(block, 'tool_result'));
  const others = content.filter((block) => !isA(block, 'tool_result'));
  const saysMore = others.length > 0 || results.length === 0;
  return [...results.map(resultOf), ...(saysMore ? [plain('USER', others)] : [])];
}

function resultOf({ tool_use_id: toolCallId, content, is_error, ...rest }: Of<'tool_result'>) {
  const text = typeof content === 'string' ? content : null;
  const parts = Array.isArray(content) && content.length > 0 ? content.flatMap(partOf) : null;
  const failed = is_error ? 'The tool failed. ' : '';
  return {
    role: 'TOOL' as const,
    toolCallId,
    ...(parts
      ? { parts: failed ? [{ text: failed }, ...parts] : parts }
      : { content: `${failed}${text ?? ''}` }),
    ...marked(rest.cache_control),
  };
}

/** An assistant's turn: its text, the tools that it called and what it thought. */
function said(content: Content): MessageInput {
  const blocks = blocksOf(content);
  const texts = blocks.filter((block): block is Of<'text'> => isA(block, 'text'));
  const calls = blocks.filter((block): block is Of<'tool_use'> => isA(block, 'tool_use'));
  return {
    role: 'ASSISTANT',
    ...spoken(texts, calls.length > 0),
    toolCalls: calls.map(callOf),
    reasoningDetails: detailsOf(blocks),
  };
}

/** One text is the content; several stay apart, marked or not, so that their cache is found. */
function spoken(texts: readonly Of<'text'>[], callsTools: boolean) {
  const [only] = texts;
  if (texts.length > 1 || only?.cache_control) return { parts: texts.flatMap(partOf) };
  return { content: only?.text || (callsTools ? null : '') };
}

const callOf = ({ id, name, input, cache_control: mark }: Of<'tool_use'>) => ({
  id,
  name,
  arguments: JSON.stringify(input),
  ...marked(mark),
});

const isA = (block: Block, type: Block['type']) => block.type === type;

/** A mark stands behind the last of what a block becomes. */
const partOf = (block: Block): ContentPartInput[] =>
  saidIn(block).map((part, index, { length }) => ({
    ...part,
    ...marked(index === length - 1 && 'cache_control' in block ? block.cache_control : null),
  }));

function saidIn(block: Block): ContentPartInput[] {
  switch (block.type) {
    case 'text':
      return [{ text: block.text }];
    case 'image': {
      const { source } = block;
      const url =
        source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`;
      return [{ imageUrl: url }];
    }
    case 'document': {
      const { source, title, context } = block;
      if (source.type === 'text') return [...textsOf(title, context), { text: source.data }];
      const { data, media_type: mediaType } = source;
      return [...textsOf(context), { file: { data, mediaType, filename: title ?? null } }];
    }
    default:
      return [];
  }
}

/** What is told about a document stands before it: most providers have no other place for it. */
const textsOf = (...told: readonly (string | null | undefined)[]): ContentPartInput[] =>
  told.flatMap((text) => (text ? [{ text }] : []));
