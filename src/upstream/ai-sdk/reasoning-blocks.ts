import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { claudeFormat, wholeThoughts } from '../thoughts.ts';
import { isObject } from './wire.ts';

/**
 * What a provider wants back unchanged in the next turn: signatures of its thinking, of its text or
 * of a tool call. To callers an opaque block of `reasoningDetails`.
 */
export interface ReasoningBlock {
  /** The wire that it belongs to: another provider cannot read it. */
  readonly format: string;
  readonly type: 'reasoning' | 'text' | 'toolCall';
  readonly text?: string;
  readonly callId?: string;
  readonly metadata: SharedV4ProviderMetadata;
}

export const formatOf = (optionsName: string) => `ai-sdk/${optionsName}`;

/** Whether a block is one of ours, of whatever wire. */
export function isSdkBlock(block: unknown): boolean {
  return isObject(block) && String(block['format']).startsWith('ai-sdk/');
}

const wiresOfClaude: ReadonlySet<string> = new Set(['anthropic', 'amazonBedrock']);

/** Whether thoughts of this wire are told in the field's words, not as blocks of ours. */
export const tellsAsClaude = (optionsName: string) => wiresOfClaude.has(optionsName);

/** A piece of a thought of Claude. */
export const thoughtPiece = (text: string) => ({
  type: 'reasoning.text',
  text,
  format: claudeFormat,
});

/** The end of a thought that was told in pieces, or a block that belongs to its wire alone. */
export function toldAs(block: ReasoningBlock): unknown {
  const [own = {}] = Object.values(block.metadata);
  const { signature, redactedData: data } = own;
  if (block.type !== 'reasoning' || !Object.keys(block.metadata).some(tellsAsClaude)) return block;
  if (typeof signature === 'string') return { ...thoughtPiece(''), signature };
  return typeof data === 'string'
    ? { type: 'reasoning.encrypted', data, format: claudeFormat }
    : block;
}

/** The blocks of this wire among what a caller sent back; what is none of them is left out. */
export function blocksIn(details: unknown, optionsName: string): ReasoningBlock[] {
  const list: unknown[] = Array.isArray(details) ? wholeThoughts(details) : [details];
  return list.filter(isObject).flatMap((block) => blockIn(block, optionsName) ?? []);
}

/** A thought of Claude that was not signed, or to its end, is none that Claude takes back. */
function blockIn(block: Record<string, unknown>, optionsName: string): ReasoningBlock | null {
  const format = formatOf(optionsName);
  if (block['format'] === format && isObject(block['metadata'])) {
    // The format says that it is a block of ours: callers return it as it was told.
    return block as unknown as ReasoningBlock;
  }
  if (block['format'] !== claudeFormat || !tellsAsClaude(optionsName)) return null;
  const { text, signature, data } = block;
  const own: Record<string, string> | null = signature
    ? { signature: String(signature) }
    : data
      ? { redactedData: String(data) }
      : null;
  const metadata = { [optionsName]: own ?? {} };
  return own && { format, type: 'reasoning', text: String(text ?? ''), metadata };
}
