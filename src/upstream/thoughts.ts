/**
 * Thoughts of Claude in the field's words. They are signed alike at every address that offers
 * Claude, so that a conversation may go on at another one; every form of this API carries them.
 */
export const claudeFormat = 'anthropic-claude-v1';

interface Piece {
  readonly type: 'reasoning.text';
  /** Absent where a piece brings the signature alone. */
  readonly text?: string | null;
  readonly format?: unknown;
  readonly signature?: unknown;
}

/**
 * A stream brings the text of a thought in pieces and its signature behind them: pieces that follow
 * one another are one thought, up to its signature. Everything else stays as it is.
 */
export function wholeThoughts(details: readonly unknown[]): unknown[] {
  const whole: unknown[] = [];
  for (const detail of details) addThought(whole, detail);
  return whole;
}

/** The same, one after the other. */
export function addThought(whole: unknown[], next: unknown): void {
  const last = whole.at(-1);
  const goesOn = isPiece(last) && isPiece(next) && !last.signature && last.format === next.format;
  if (goesOn) {
    whole[whole.length - 1] = { ...last, ...next, text: (last.text ?? '') + (next.text ?? '') };
  } else {
    whole.push(next);
  }
}

function isPiece(detail: unknown): detail is Piece {
  if (typeof detail !== 'object' || detail === null) return false;
  const { type, text } = detail as Partial<Piece>;
  return type === 'reasoning.text' && (text == null || typeof text === 'string');
}

const plainFormat = 'bourse-text';

/** What a model thought as the mere text that a caller returned; null without one. */
export const plainThought = (text: string | null | undefined) =>
  text ? [{ type: 'reasoning.text', text, format: plainFormat }] : null;

export const isPlainThought = (detail: unknown): boolean =>
  isPiece(detail) && detail.format === plainFormat;

/** The text of thoughts that nobody signed: a signed one means nothing without its signature. */
export function unsignedText(details: unknown): string {
  const pieces = Array.isArray(details) ? wholeThoughts(details).filter(isPiece) : [];
  return pieces.map(({ text, signature }) => (signature ? '' : (text ?? ''))).join('');
}
