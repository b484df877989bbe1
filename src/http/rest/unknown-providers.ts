import type { ServerResponse } from 'node:http';
import type { Market } from '#catalog';
import type { ProviderPreferencesInput } from '#completions';
import { unknownProviders } from '#routing';

const namesMax = 10;
const charactersMax = 64;

/**
 * Clients list providers of other services as well, so a name that nobody has is no reason to
 * refuse; but who misspelt one in `ignore` is to see that it keeps nobody away.
 */
export function tellUnknownProviders(
  response: ServerResponse,
  preferences: ProviderPreferencesInput | null | undefined,
  market: Market,
): void {
  const unknown = preferences ? unknownProviders(preferences, market) : [];
  if (unknown.length === 0) return;
  const shown = unknown.slice(0, namesMax).map((name) => encodeURIComponent(cut(name)));
  response.setHeader('X-Unknown-Providers', shown.join(', '));
}

/** By whole characters: half of one cannot be encoded. */
const cut = (name: string) => Array.from(name.toWellFormed()).slice(0, charactersMax).join('');
