import { Fault, type Log, type Secret } from '#kernel';
import type { Access } from './build.ts';
import { localProvider } from './local-server.ts';
import type { ProviderRow } from './rows.ts';
import { isSandbox } from './sandbox.ts';
import { placeOfSecret } from './sealed-secrets.ts';

export interface AccessOptions {
  /** A credential from the environment, such as OPENAI_API_KEY. */
  readonly secretFromEnvironment: (name: string) => Secret | null;
  /** An address from the environment, such as OPENAI_BASE_URL. */
  readonly addressFromEnvironment: (name: string) => string | null;
  readonly unseal: (sealed: Uint8Array, place: string) => Secret;
  /** The server that plays the simulated providers; null while it does not run. */
  readonly sandboxUrl: () => string | null;
  /** What that server asks of its callers, so that it serves this process alone. */
  readonly sandboxSecret?: () => Secret | null;
  readonly log: Log;
}

/**
 * How providers are reached: an administrator's credential before the environment's, the
 * environment's address before the catalog's. A credential is unsealed once, not with each new
 * market.
 */
export function openAccess(options: AccessOptions): Access {
  const unsealed = new Map<string, { sealed: Uint8Array; secret: Secret }>();
  const access: Access = {
    isOpen: ({ slug }) => isSandbox(slug) || slug === localProvider,
    baseUrl(row) {
      if (isSandbox(row.slug)) return sandboxAddress(options.sandboxUrl(), row.slug);
      if (row.slug === localProvider) return row.baseUrl;
      return options.addressFromEnvironment(addressVariable(row)) ?? row.baseUrl;
    },
    secret(row) {
      if (isSandbox(row.slug)) return options.sandboxSecret?.() ?? null;
      const { id, sealedSecret, envVariable } = row;
      if (!sealedSecret) return envVariable ? options.secretFromEnvironment(envVariable) : null;
      const known = unsealed.get(id);
      if (known && Buffer.compare(known.sealed, sealedSecret) === 0) return known.secret;
      const secret = open(options, row, sealedSecret);
      // One that does not open is tried again: the key that it waits for may be on its way here.
      if (secret) unsealed.set(id, { sealed: sealedSecret, secret });
      return secret;
    },
    unset(row) {
      if (isSandbox(row.slug)) return [];
      const { envVariable } = row;
      const credential = envVariable && !access.secret(row) ? [envVariable] : [];
      return access.baseUrl(row) ? credential : [...credential, addressVariable(row)];
    },
  };
  return access;
}

const sandboxAddress = (url: string | null, slug: string) => url && `${url}/${slug}/v1`;

/** `OPENAI_API_KEY` → `OPENAI_BASE_URL`; a provider without such a variable: by its slug. */
export function addressVariable({ envVariable, slug }: Pick<ProviderRow, 'envVariable' | 'slug'>) {
  const name = /^(\w+?)_API_(KEY|TOKEN)$/.exec(envVariable ?? '')?.[1];
  return `${name ?? slug.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_BASE_URL`;
}

/**
 * A credential that was sealed with another key is as good as none; the provider shows
 * NOT_CONFIGURED.
 */
function open({ unseal, log }: AccessOptions, row: ProviderRow, sealed: Uint8Array): Secret | null {
  try {
    return unseal(sealed, placeOfSecret(row.id));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log.warn('The credential of a provider does not open; give it anew.', {
      provider: row.slug,
      error,
    });
    return null;
  }
}
