import type { ContentPartInput, MessageInput } from '#completions';
import type { MessagesRequest } from '#schema';
import type { Origins } from '../rest/origins.ts';
import { detailsOf } from './thinking.ts';

type Content = MessagesRequest['messages'][number]['content'];
type Block = Extract<Content, readonly unknown[]>[number];
type Of<Type extends Block['type']> = Extract<Block, { type: Type }>;

/** The system prompt and the turns as messages, in order. */
export function conversationOf({ system, messages, cache_control }: MessagesRequest, to: Origins) {
  if (system?.length) to.add(plain('SYSTEM', system), 'system');
  for (const [index, { role, content }] of messages.entries()) {
    const field = `messages.${index}`;
    if (role === 'assistant') to.add(said(content), field);
    else if (role === 'system') to.add(plain('SYSTEM', blocksOf(content)), field);
    else for (const message of asked(content)) to.add(message, field);
  }
  const last = to.messages.at(-1);
  if (cache_control && last) {
    to.messages[to.messages.length - 1] = {
      ...last,
      cacheControl: last.cacheControl ?? { ttl: cache_control.ttl ?? '5m' },
    };
  }
}

const blocksOf = (content: Content): readonly Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

function plain(role: 'SYSTEM' | 'USER', content: string | readonly Block[]): MessageInput {
  if (typeof content === 'string') return { role, content };
  const parts = content.flatMap(partOf);
  return { role, parts, cacheControl: markOf(content) };
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
    cacheControl: rest.cache_control ? { ttl: rest.cache_control.ttl ?? '5m' } : null,
  };
}

/** An assistant's turn: its text, the tools that it called and what it thought. */
function said(content: Content): MessageInput {
  const blocks = blocksOf(content);
  const text = blocks.flatMap((block) => (block.type === 'text' ? block.text : [])).join('');
  const calls = blocks.filter((block): block is Of<'tool_use'> => isA(block, 'tool_use'));
  return {
    role: 'ASSISTANT',
    content: text === '' && calls.length > 0 ? null : text,
    toolCalls: calls.map(({ id, name, input }) => ({ id, name, arguments: JSON.stringify(input) })),
    reasoningDetails: detailsOf(blocks),
    cacheControl: markOf(blocks),
  };
}

const isA = (block: Block, type: Block['type']) => block.type === type;

function partOf(block: Block): ContentPartInput[] {
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
      const { source, title } = block;
      if (source.type === 'text') return [{ text: source.data }];
      const { data, media_type: mediaType } = source;
      return [{ file: { data, mediaType, filename: title ?? null } }];
    }
    default:
      return [];
  }
}

/** The last mark of a turn is where its cached beginning ends. */
function markOf(blocks: readonly Block[]): { readonly ttl: string } | null {
  const marks = blocks.flatMap((block) => ('cache_control' in block ? block.cache_control : []));
  const mark = marks.findLast((one) => one != null);
  return mark ? { ttl: mark.ttl ?? '5m' } : null;
}
