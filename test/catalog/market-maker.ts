import { Secret } from '#kernel';
import { buildMarket } from '../../src/catalog/build.ts';
import { desiredOf } from '../../src/catalog/desired.ts';
import { rowsOf as importedRows } from '../../src/catalog/local-server.ts';
import type { Market } from '../../src/catalog/market.ts';
import type { Rows } from '../../src/catalog/rows.ts';
import { isSandbox } from '../../src/catalog/sandbox.ts';
import type { Snapshot } from '../../src/catalog/snapshot.ts';

/** The rows that a fresh import leaves. */
export function rowsOf(snapshot: Snapshot, builtIn?: Snapshot): Rows {
  return importedRows(desiredOf(snapshot, builtIn), new Date('2026-11-24T00:00:00Z'));
}

/** A market of rows; every provider is configured unless `configured` says otherwise. */
export function marketOf(rows: Rows, configured: (slug: string) => boolean = () => true): Market {
  const access = {
    baseUrl: () => 'http://127.0.0.1:9/v1',
    unset: () => [],
    isOpen: ({ slug }: { slug: string }) => isSandbox(slug),
    secret: ({ slug }: { slug: string }) => (configured(slug) ? new Secret('given') : null),
  };
  return buildMarket(rows, access, 1);
}

/** A small market: two authors, three providers, one model that two of them sell. */
export const small: Snapshot = {
  asOf: '2026-09-01',
  providers: ['dear', 'cheap', 'quiet'].map((slug) => ({
    slug,
    name: slug,
    connector: 'openai-compatible',
    baseUrl: `https://${slug}.example/v1`,
    envVariable: `${slug.toUpperCase()}_API_KEY`,
    ...(slug === 'quiet' ? { trainsOnPrompts: false, retainsPrompts: false } : {}),
  })),
  models: [
    ['open/alpha-7b', 'Alpha 7B', 8_000, '2024-01-01'],
    ['open/beta-70b', 'beta 70B', 128_000, '2026-01-01'],
    ['shut/gamma', 'Gamma', 32_000, '2025-01-01'],
  ].map(([slug, name, contextLength, createdAt]) => ({
    slug: String(slug),
    name: String(name),
    author: String(slug).split('/')[0] ?? '',
    contextLength: Number(contextLength),
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    supportedParameters: slug === 'shut/gamma' ? ['tools'] : ['temperature'],
    openWeights: String(slug).startsWith('open/'),
    aliases: [`${slug}-latest`],
    createdAt: String(createdAt),
  })),
  endpoints: [
    offer('open/alpha-7b', 'dear', ['0.000002', '0.000002']),
    offer('open/alpha-7b', 'cheap', ['0.000001', '0.000001']),
    offer('open/beta-70b', 'dear', ['0.000005', '0.000025']),
    offer('shut/gamma', 'quiet', ['0', '0']),
  ],
};

export function offer(
  model: string,
  provider: string,
  [prompt, completion]: readonly [string, string],
): Snapshot['endpoints'][number] {
  return {
    model,
    provider,
    upstreamModel: model,
    prices: { prompt, completion },
    contextLength: 8_000,
    supportedParameters: ['temperature'],
    source: 'a list',
    checkedAt: '2026-09-01',
  };
}
