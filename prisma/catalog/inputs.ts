import type { Modality } from '../../src/catalog/market.ts';

/**
 * What a model can be shown. These makers read a PDF by the page, as text and as an image, wherever
 * a model of theirs sees (Claude since 3.5, GPT since 4o), and bill it so; the freshest of the
 * packages knows no other kinds than texts and images.
 */
export function inputsOf(
  slug: string,
  told: readonly Modality[] | undefined,
): readonly Modality[] | undefined {
  if (!told?.includes('IMAGE') || !readsFiles.test(slug)) return told;
  return [...new Set<Modality>([...told, 'FILE'])];
}

const readsFiles =
  /^(anthropic\/claude-(?!2|3-|instant)|google\/gemini-(?!pro$|embedding)|openai\/(?!gpt-4(-|$)))/;
