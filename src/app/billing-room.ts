import type { Bus } from '#bus';
import type { Config } from '#config';
import { type Billing, type Credits, openBilling, stripePayments } from '#credits';
import type { Secrets } from '#identity';
import type { Clock, Log } from '#kernel';
import type { Storage } from '#storage';
import type { Site } from './site.ts';

interface Given {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly storage: Storage;
  readonly credits: Credits;
  readonly secrets: Secrets;
  readonly bus: Bus;
  readonly site: Site;
}

/** Billing, told by the settings who takes payments and where payers may go back to. */
export async function openBillingRoom({
  config,
  bus,
  secrets,
  clock,
  log,
  storage,
  credits,
  site,
}: Given): Promise<Billing> {
  const { stripe, allowedOrigins } = config;
  return openBilling({
    storage,
    credits,
    clock,
    log,
    linkKey: secrets.cipher.derive('signed links 1'),
    payments: stripe && (await stripePayments({ ...stripe, log })),
    seller: () => `Bourse, ${new URL(site.url).host}`,
    returnOrigins: () => [new URL(site.url).origin, ...allowedOrigins],
    recall: (account) => bus.publish('recall', { account }),
    changed: (organization) => bus.publish('credits', { organization }),
  });
}
