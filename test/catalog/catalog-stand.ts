import { type Clock, Secret, silentLog } from '#kernel';
import type { Storage } from '#storage';
import { type Catalog, type CatalogOptions, openCatalog } from '../../src/catalog/catalog.ts';
import type { Snapshot } from '../../src/catalog/snapshot.ts';
import { offer, small } from './market-maker.ts';

/** The actor of all that an administrator does in these tests. */
export const admin = 'usr_administrator';

const reversed = (bytes: Uint8Array) => Uint8Array.from(bytes).reverse();

/** A catalog over a database, with nothing in the environment and a seal that is easy to see. */
export const catalogOver = (
  { storage, clock }: { readonly storage: Storage; readonly clock: Clock },
  shipped: Snapshot = small,
  more: Partial<CatalogOptions> = {},
): Promise<Catalog> =>
  openCatalog({
    storage,
    clock,
    shipped,
    log: silentLog,
    secretFromEnvironment: () => null,
    addressFromEnvironment: () => null,
    sandboxUrl: () => 'http://127.0.0.1:1',
    seal: async (_tx, secret) => Uint8Array.from(reversed(Buffer.from(secret.reveal()))),
    unseal: (sealed) => new Secret(Buffer.from(reversed(sealed)).toString()),
    ...more,
  });

/** The small market a day later: what was free has a price. */
export const dearer: Snapshot = {
  ...small,
  asOf: '2026-11-24',
  endpoints: [
    ...small.endpoints.filter(({ model }) => model !== 'shut/gamma'),
    { ...offer('shut/gamma', 'quiet', ['0.000001', '0']), checkedAt: '2026-11-24' },
  ],
};
