import type { Connector } from './connector.ts';
import { type OpenAiCompatibleOptions, openAiCompatible } from './openai-compatible.ts';

/** The connector of this name, or null when there is none. */
export type Connectors = (name: string) => Connector | null;

/**
 * One connector a wire protocol, shared by all of its providers: the pool of connections is in
 * it.
 */
export function openConnectors(options: OpenAiCompatibleOptions): Connectors {
  const connectors: ReadonlyMap<string, Connector> = new Map([
    ['openai-compatible', openAiCompatible(options)],
  ]);
  return (name) => connectors.get(name) ?? null;
}
