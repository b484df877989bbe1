import type { Endpoint } from '#catalog';
import { hourMs, minuteMs } from '#kernel';
import type { RouteRequest } from './request.ts';

/**
 * How long providers say that they keep the cache of a prompt after its last use. Whoever says
 * nothing is taken to keep it as long as the shortest of them.
 */
const lives: Readonly<Record<string, number>> = {
  anthropic: 5 * minuteMs,
  'amazon-bedrock': 5 * minuteMs,
  openai: 10 * minuteMs,
  azure: 10 * minuteMs,
  deepseek: 2 * hourMs,
  groq: 2 * hourMs,
};
const lifeDefault = 5 * minuteMs;

/** A prompt that is marked to be kept for an hour is kept so long by who has such marks. */
export function cacheLifeMs({ model, provider }: Endpoint, { needs }: RouteRequest): number {
  const life = lives[provider.slug] ?? lives[provider.connector] ?? lifeDefault;
  return needs.cachedForAnHour && model.author === 'anthropic' ? hourMs : life;
}
