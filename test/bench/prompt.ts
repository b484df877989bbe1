/** What the provider of the bench is asked for: stands in the prompt, so that it passes through. */
export interface Asked {
  readonly tokens: number;
  /** Between two tokens; 0: as fast as they go. */
  readonly everyMs: number;
  /** Before the first byte. */
  readonly waitMs: number;
}

export const promptOf = ({ tokens, everyMs, waitMs }: Asked): string =>
  `Answer with tokens=${tokens} every=${everyMs} wait=${waitMs} please.`;

export function askedIn(body: string): Asked {
  const [, tokens = '1', everyMs = '0', waitMs = '0'] =
    /tokens=(\d+) every=(\d+) wait=(\d+)/.exec(body) ?? [];
  return { tokens: Number(tokens), everyMs: Number(everyMs), waitMs: Number(waitMs) };
}

/** Every token of the provider is this text, so that counting it tells whether all have come. */
export const tokenMark = Buffer.from(' tok');

export function countTokens(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(tokenMark); at >= 0; at = bytes.indexOf(tokenMark, at + 4)) count++;
  return count;
}
