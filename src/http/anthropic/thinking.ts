import { z } from 'zod';
import type { Content } from '#completions';
import type { MessagesBlock } from '#schema';
import { claudeFormat as format } from '#upstream';

/**
 * What a model thought, as the field's `reasoning_details` carry it: text with the signature that
 * the provider wants back in the next turn, or what it keeps to itself.
 */
const detail = z.union([
  z.object({
    type: z.literal('reasoning.text'),
    text: z.string().nullish(),
    signature: z.string().nullish(),
  }),
  z
    .object({ type: z.literal('reasoning.summary'), summary: z.string() })
    .transform(({ summary: text }) => ({ type: 'reasoning.text' as const, text, signature: null })),
  z.object({ type: z.literal('reasoning.encrypted'), data: z.string() }),
]);

interface Thought {
  readonly type: string;
  readonly thinking?: string;
  readonly signature?: string | null | undefined;
  readonly data?: unknown;
}

/** The blocks of a turn as details, to be given back unchanged; null when there are none. */
export function detailsOf(blocks: readonly Thought[]): unknown {
  const details = blocks.flatMap<unknown>(({ type, thinking: text, signature, data }, index) => {
    if (type === 'thinking') return [{ type: 'reasoning.text', text, signature, format, index }];
    if (type === 'redacted_thinking') return [{ type: 'reasoning.encrypted', data, format, index }];
    return [];
  });
  return details.length > 0 ? details : null;
}

type ThinkingBlock = Extract<MessagesBlock, { type: 'thinking' | 'redacted_thinking' }>;

/** What was thought, as blocks in its order: signed where the provider signed it. */
export function thinkingBlocks(content: Content): ThinkingBlock[] {
  const read = z.array(z.unknown()).safeParse(content.reasoningDetails);
  const blocks = joined((read.data ?? []).flatMap((one) => detail.safeParse(one).data ?? []));
  const told = blocks.some(({ type }) => type === 'thinking');
  return told || !content.reasoning ? blocks : [thought(content.reasoning, ''), ...blocks];
}

const thought = (thinking: string, signature: string): ThinkingBlock => ({
  type: 'thinking',
  thinking,
  signature,
});

/** A stream brings the text of one thought in pieces and its signature, if any, behind them. */
function joined(details: readonly z.infer<typeof detail>[]): ThinkingBlock[] {
  const blocks: ThinkingBlock[] = [];
  let text = '';
  const end = (signature: string) => {
    if (text !== '' || signature !== '') blocks.push(thought(text, signature));
    text = '';
  };
  for (const one of details) {
    if (one.type === 'reasoning.encrypted') {
      end('');
      blocks.push({ type: 'redacted_thinking', data: one.data });
      continue;
    }
    text += one.text ?? '';
    if (one.signature) end(one.signature);
  }
  end('');
  return blocks;
}

/** What the details of one event of a stream bring beside text. */
export function sealsIn(details: unknown): {
  readonly signature: string | null;
  readonly redacted: readonly string[];
} {
  const read = z.array(z.unknown()).safeParse(details).data ?? [];
  const known = read.flatMap((one) => detail.safeParse(one).data ?? []);
  const [signature = null] = known.flatMap((one) => ('signature' in one && one.signature) || []);
  return { signature, redacted: known.flatMap((one) => ('data' in one ? one.data : [])) };
}
