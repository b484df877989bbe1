import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
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

/** The blocks of this wire among what a caller sent back; what is none of them is left out. */
export function blocksIn(details: unknown, optionsName: string): ReasoningBlock[] {
  const list: unknown[] = Array.isArray(details) ? details : [details];
  const format = formatOf(optionsName);
  return list.filter(
    (block): block is ReasoningBlock =>
      isObject(block) && block['format'] === format && isObject(block['metadata']),
  );
}
