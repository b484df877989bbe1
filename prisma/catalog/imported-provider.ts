import { readFileSync } from 'node:fs';
import type { SnapshotProvider } from '../../src/catalog/snapshot.ts';

/**
 * The providers that are imported (providers.json): where each stands in the three packages, and
 * what none of them knows. Aggregators (gateways, resellers, subscription plans) are left out,
 * because this is one, and so are the mainland editions of providers that are there already. A data
 * policy stands there only where the provider's own terms for its paid API say it without
 * condition; all else counts as the worst.
 */
export interface ImportedProvider extends SnapshotProvider {
  /** Its id in pi-ai. */
  readonly piAi?: string;
  /** Its ids in genai-prices; the first is its own list. */
  readonly genaiPrices?: readonly string[];
  /**
   * Of what only genai-prices lists, take no more than models that slugs are known for: the list
   * holds history.
   */
  readonly knownOnly?: boolean;
  /** Stands before the names of genai-prices, which leave it out. */
  readonly namePrefix?: string;
  /**
   * How the provider writes names that its list gives as Hugging Face does: in lower case, or
   * without organization.
   */
  readonly names?: 'lower' | 'bare';
  /** A pattern of names that stand in its lists and that it does not sell. */
  readonly except?: string;
  /** Whose models these are when nothing else tells. */
  readonly author?: string;
}

export function importedProviders(): readonly ImportedProvider[] {
  return JSON.parse(readFileSync(new URL('providers.json', import.meta.url), 'utf8'));
}
