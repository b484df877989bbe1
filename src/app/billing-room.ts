import type { Bus } from '#bus';
import type { Config } from '#config';
import { type Billing, type Credits, openBilling, stripePayments } from '#credits';
import type { Secrets } from '#identity';
import type { Clock, Log } from '#kernel';
import type { Storage } from '#storage';

interface Given {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly storage: Storage;
  readonly credits: Credits;
  readonly secrets: Secrets;
  readonly bus: Bus;
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
}: Given): Promise<Billing> {
  const { stripe, allowedOrigins } = config;
  const own = config.publicUrl ?? `http://${config.host}:${config.port}`;
  return openBilling({
    storage,
    credits,
    clock,
    log,
    linkKey: secrets.cipher.derive('signed links 1'),
    payments: stripe && (await stripePayments({ ...stripe, log })),
    seller: `Bourse, ${new URL(own).host}`,
    returnOrigins: () => [new URL(own).origin, ...allowedOrigins],
    recall: (account) => bus.publish('recall', { account }),
    changed: (organization) => bus.publish('credits', { organization }),
  });
}
