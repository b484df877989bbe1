import type { ToolDefinition } from '../connector.ts';
import { claudeVersion } from './claude-version.ts';
import { type CacheSpot, type CacheTtl, isObject } from './wire.ts';

type Json = Record<string, unknown>;

/**
 * Bedrock's mark, where its model takes one: a request with a mark that its model does not know is
 * refused as a whole.
 */
export function cachePoint(ttl: CacheTtl, { model, within }: CacheSpot): Json | null {
  const caches = cachingOf(model);
  if (!caches?.places.includes(within)) return null;
  return { cachePoint: { type: 'default', ...(ttl === '1h' && caches.forAnHour ? { ttl } : {}) } };
}

interface Caching {
  readonly places: readonly CacheSpot['within'][];
  readonly forAnHour: boolean;
}

const everywhere = ['system', 'user', 'assistant', 'tool', 'tools'] as const;

/**
 * As the user guide of Bedrock and its refusals tell: Claude since 4 and two models before it, for
 * an hour since 4.5; Nova neither at tools and their results nor for an hour. An application's own
 * profile does not name its model: whoever marks a prompt for it is believed.
 */
function cachingOf(model: string): Caching | null {
  const version = claudeVersion(model);
  if (version !== null) {
    return version < 4 ? null : { places: everywhere, forAnHour: version >= 4.05 };
  }
  if (/claude-3-(7-sonnet|5-haiku)|application-inference-profile/.test(model)) {
    return { places: everywhere, forAnHour: false };
  }
  return /\bnova-/.test(model) ? { places: ['system', 'user'], forAnHour: false } : null;
}

/** Bedrock's package knows no marks of tools. In its body they stand behind the tool. */
export function markTools(body: Json, tools: readonly ToolDefinition[], model: string): Json {
  const config = body['toolConfig'];
  if (!isObject(config) || !Array.isArray(config['tools'])) return body;
  const ttls = new Map(tools.map(({ name, cacheTtl }) => [name, cacheTtl]));
  const listed = config['tools'].flatMap((tool: unknown) => {
    const ttl = ttls.get(nameOf(tool));
    const point = ttl && cachePoint(ttl, { model, within: 'tools' });
    return point ? [tool, point] : [tool];
  });
  return { ...body, toolConfig: { ...config, tools: listed } };
}

function nameOf(tool: unknown): string {
  const spec = isObject(tool) ? tool['toolSpec'] : null;
  return isObject(spec) ? String(spec['name']) : '';
}
