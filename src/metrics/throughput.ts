/** No model writes faster: what seems to was held back on its way, and came in one piece. */
const believableMax = 20_000;

/**
 * Tokens a second after the first content; null where that says nothing: of one token, and of a
 * stream whose rest came together with its beginning.
 */
export function throughputOf(completionTokens: number, afterFirstMs: number): number | null {
  if (completionTokens <= 1 || afterFirstMs <= 0) return null;
  const tokensPerSecond = ((completionTokens - 1) / afterFirstMs) * 1_000;
  return tokensPerSecond <= believableMax ? tokensPerSecond : null;
}
