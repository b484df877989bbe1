/** A token of the sandbox is a word with its space. */
export function tokensOf(text: string): readonly string[] {
  const [first, ...others] = text.match(/\S+\s*/g) ?? [];
  if (first === undefined) return text === '' ? [] : [text];
  return [text.slice(0, text.search(/\S/)) + first, ...others];
}

export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
