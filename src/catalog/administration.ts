import { type AuditDetails, platformChain, record } from '#audit';
import { type Clock, Fault, invariant } from '#kernel';
import type { Storage, Transaction } from '#storage';
import { endpointId, modelId, providerId } from './desired.ts';
import type { IsConfigured } from './differences.ts';
import { checkEndpoint, checkModel, checkProvider } from './input-check.ts';
import type { Endpoint, Market, Model, Provider } from './market.ts';
import type { Stale } from './rows.ts';
import { isSandbox } from './sandbox.ts';
import { told } from './telling.ts';
import type { EndpointUpsert, ModelUpsert, ProviderUpsert } from './upsert-input.ts';
import { type Seal, writeEndpoint, writeModel, writeProvider } from './upsert-rows.ts';
import { catalogTopic } from './write-plan.ts';

/**
 * What a platform administrator changes. Whether the caller is one is decided before. Each call is
 * one transaction with its event in the audit and what it tells of the market; when it resolves,
 * this node's market has it, and other nodes hear of it at once. What was written so is `curated`:
 * an import leaves it alone. `actor` is the id that stands in the audit.
 */
export interface CatalogAdministration {
  /** @throws InvalidInput; Fault CONFLICT for a simulated provider. */
  upsertProvider(actor: string, input: ProviderUpsert): Promise<Provider>;
  /** @throws InvalidInput; Fault CONFLICT when an alias or the slug is another model's name. */
  upsertModel(actor: string, input: ModelUpsert): Promise<Model>;
  /** A price that differs ends the one in force. @throws InvalidInput; Fault NOT_FOUND. */
  upsertEndpoint(actor: string, input: EndpointUpsert): Promise<Endpoint>;
  /** @throws Fault NOT_FOUND. */
  setEndpointEnabled(actor: string, id: string, enabled: boolean): Promise<Endpoint>;
  /** It stays reachable by its id. @throws Fault NOT_FOUND. */
  removeEndpoint(actor: string, id: string): Promise<Endpoint>;
}

export interface AdministrationOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly market: () => Market;
  readonly seal: Seal;
  readonly isConfigured: IsConfigured;
}

export function openAdministration(options: AdministrationOptions): CatalogAdministration {
  const { market } = options;
  return {
    async upsertProvider(actor, input) {
      checkProvider(input);
      if (isSandbox(input.slug))
        throw conflict(`"${input.slug}" is a simulation that is built in. Choose another slug.`);
      const id = providerId(input.slug);
      await act(options, { actor, action: 'provider.written', ...ofProvider(id, market()) }, (tx) =>
        writeProvider(tx, input, options.seal),
      );
      return there(market().provider(id));
    },
    async upsertModel(actor, input) {
      checkModel(input);
      const id = modelId(input.slug);
      await act(options, { actor, action: 'model.written', ...ofModel(id) }, async (tx) => {
        await refuseTakenNames(tx, input, id);
        return writeModel(tx, input, options.clock);
      });
      return there(market().model(id));
    },
    async upsertEndpoint(actor, input) {
      const prices = checkEndpoint(input);
      const model = market().model(input.model) ?? missing('model', input.model);
      const provider = market().provider(input.provider) ?? missing('provider', input.provider);
      const { upstreamModel } = input;
      const id = endpointId({ model: model.slug, provider: provider.slug, upstreamModel });
      await act(
        options,
        { actor, action: 'endpoint.written', ...ofEndpoint(id, { model, provider }) },
        (tx) => writeEndpoint(tx, { id, input, model, provider, prices, clock: options.clock }),
      );
      return there(market().endpoint(id));
    },
    setEndpointEnabled: (actor, id, enabled) =>
      changeEndpoint(options, {
        actor,
        id,
        action: enabled ? 'endpoint.enabled' : 'endpoint.disabled',
        data: { enabled },
      }),
    removeEndpoint: (actor, id) =>
      changeEndpoint(options, {
        actor,
        id,
        action: 'endpoint.removed',
        data: { removedAt: new Date(options.clock.now()), curated: true },
      }),
  };
}

interface Deed {
  readonly actor: string;
  readonly action: string;
  readonly change: string;
  readonly id: string;
  /** What may be otherwise afterwards, with what it hangs on. */
  readonly stale: Stale;
}

/** A credential gives and takes access to all that a provider offers. */
function ofProvider(id: string, market: Market) {
  const endpoints = market.provider(id)?.endpoints ?? [];
  const models = [...new Set(endpoints.map(({ model }) => model.id))];
  const stale = { providers: [id], models, endpoints: endpoints.map((one) => one.id) };
  return { id, change: `provider:${id}`, stale };
}

function ofModel(id: string) {
  return { id, change: `model:${id}`, stale: { providers: [], models: [id], endpoints: [] } };
}

function ofEndpoint(id: string, { model, provider }: Pick<Endpoint, 'model' | 'provider'>) {
  const stale = { providers: [provider.id], models: [model.id], endpoints: [id] };
  return { id, change: `endpoint:${id}`, stale };
}

/**
 * One transaction: the change, what is told of it, the word of it to all nodes, and last its event
 * in the audit.
 */
async function act(
  { storage, clock, isConfigured }: AdministrationOptions,
  { actor, action, id, change, stale }: Deed,
  run: (tx: Transaction) => Promise<AuditDetails>,
): Promise<void> {
  await storage.write(async (tx) => {
    const details = await told(tx, { stale, isConfigured, clock }, () => {
      tx.change(catalogTopic, change); // before the word that there is news of it
      return run(tx);
    });
    await record(tx, { chain: platformChain, actor, action, subject: id, details }, clock);
  });
}

interface EndpointChange {
  readonly actor: string;
  readonly id: string;
  readonly action: string;
  readonly data: { enabled: boolean } | { removedAt: Date; curated: true };
}

async function changeEndpoint(
  options: AdministrationOptions,
  { actor, id, action, data }: EndpointChange,
): Promise<Endpoint> {
  const endpoint = options.market().endpoint(id) ?? missing('endpoint', id);
  await act(options, { actor, action, ...ofEndpoint(id, endpoint) }, async (tx) => {
    const { count } = await tx.endpoint.updateMany({ where: { id, removedAt: null }, data });
    if (count === 0) missing('endpoint', id);
    return {};
  });
  return there(options.market().endpoint(id));
}

/**
 * A name leads to one model: no alias may be another's name, and no slug another's alias. Looked at
 * where nobody else writes the market before the commit.
 */
async function refuseTakenNames(
  tx: Transaction,
  { slug, aliases }: ModelUpsert,
  id: string,
): Promise<void> {
  const names = [slug, ...(aliases ?? [])];
  const where = { id: { not: id }, OR: [{ slug: { in: names } }, { aliases: { hasSome: names } }] };
  const other = await tx.model.findFirst({ where });
  if (!other) return;
  const taken = names.find((name) => name === other.slug || other.aliases.includes(name));
  throw conflict(`"${taken}" is a name of ${other.slug}. Choose another.`);
}

const conflict = (text: string) => new Fault('CONFLICT', { public: text });

function missing(kind: string, name: string): never {
  throw new Fault('NOT_FOUND', { public: `There is no ${kind} "${name}". Make it first.` });
}

function there<Thing>(found: Thing | undefined): Thing {
  invariant(found, 'What was written here is in the market here.');
  return found;
}
