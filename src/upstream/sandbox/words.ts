/** A token of the sandbox is a word with its space. */
export function tokensOf(text: string): readonly string[] {
  return text.match(/\s*\S+\s*/g) ?? (text === '' ? [] : [text]);
}

export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
