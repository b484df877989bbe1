import type { AuditDetails } from '#audit';
import { type Clock, newId, Secret } from '#kernel';
import type { Transaction } from '#storage';
import { modelId, providerId } from './desired.ts';
import { given } from './given.ts';
import type { Model, Prices, Provider } from './market.ts';
import { forgetRefusals } from './refusals.ts';
import { placeOfSecret } from './sealed-secrets.ts';
import type { EndpointUpsert, ModelUpsert, ProviderUpsert } from './upsert-input.ts';

/** Seals a credential for its place (`provider:<id>`), in the transaction that keeps it. */
export type Seal = (
  tx: Transaction,
  secret: Secret,
  place: string,
) => Promise<Uint8Array<ArrayBuffer>>;

export async function writeProvider(
  tx: Transaction,
  { secret, ...input }: ProviderUpsert,
  seal: Seal,
): Promise<AuditDetails> {
  const id = providerId(input.slug);
  const sealedSecret =
    secret == null ? secret : await seal(tx, new Secret(secret), placeOfSecret(id));
  const data = { ...given(input), ...given({ sealedSecret }), curated: true, removedAt: null };
  await tx.provider.upsert({ where: { id }, create: { id, ...data }, update: data });
  const stated = secret === undefined ? {} : { secret: secret === null ? 'cleared' : 'given' };
  return { ...plain(input), ...stated };
}

export async function writeModel(
  tx: Transaction,
  input: ModelUpsert,
  clock: Clock,
): Promise<AuditDetails> {
  const id = modelId(input.slug);
  const { inputModalities, outputModalities, supportedParameters, aliases, ...rest } = input;
  const { openWeights, createdAt, ...nullable } = rest;
  const always = given({
    inputModalities: list(inputModalities),
    outputModalities: list(outputModalities),
    supportedParameters: list(supportedParameters),
    aliases: list(aliases),
    openWeights: openWeights ?? undefined,
    createdAt: createdAt ?? undefined,
  });
  const data = { ...given(nullable), ...always, curated: true, removedAt: null };
  const text = { inputModalities: ['TEXT'], outputModalities: ['TEXT'] };
  const fresh = { createdAt: new Date(clock.now()), ...text };
  await tx.model.upsert({ where: { id }, create: { id, ...fresh, ...data }, update: data });
  return plain(input);
}

export interface EndpointWrite {
  readonly id: string;
  readonly input: EndpointUpsert;
  readonly model: Model;
  readonly provider: Provider;
  readonly prices: Prices;
  readonly clock: Clock;
}

export async function writeEndpoint(tx: Transaction, write: EndpointWrite): Promise<AuditDetails> {
  const { id, input, model, provider, prices, clock } = write;
  const { model: _model, provider: _provider, pricing, ...fields } = input;
  const { contextLength, supportedParameters, ...nullable } = fields;
  // As listed: what other endpoints of the model refused says nothing of this one.
  const listed = await tx.model.findUniqueOrThrow({ where: { id: model.id } });
  const ofModel = given({
    contextLength: contextLength ?? undefined,
    supportedParameters: list(supportedParameters),
  });
  const data = { ...given(nullable), ...ofModel, curated: true, removedAt: null };
  const keys = { id, modelId: model.id, providerId: provider.id };
  const fresh = {
    contextLength: model.contextLength,
    maxOutputTokens: model.maxOutputTokens,
    supportedParameters: [...listed.supportedParameters],
  };
  await tx.endpoint.upsert({
    where: { id },
    create: { ...keys, ...fresh, createdAt: new Date(clock.now()), ...data },
    update: data,
  });
  if (supportedParameters !== undefined) await forgetRefusals(tx, id);
  await writePrice(tx, { endpointId: id, prices, clock });
  return { ...plain(fields), model: model.slug, provider: provider.slug, pricing: plain(pricing) };
}

/**
 * Ends the price in force and starts this one, unless they are equal. The endpoint's row is locked
 * by now.
 */
async function writePrice(
  tx: Transaction,
  { endpointId: of, prices, clock }: { endpointId: string; prices: Prices; clock: Clock },
): Promise<void> {
  const where = { endpointId: of, until: null };
  const inForce = await tx.priceVersion.findFirst({ where });
  const columns = Object.keys(prices) as (keyof Prices)[];
  if (inForce && columns.every((column) => inForce[column] === prices[column])) return;
  const from = new Date(clock.now());
  await tx.priceVersion.updateMany({ where, data: { until: from } });
  const origin = { source: 'administrator', checkedAt: from };
  const id = newId('price', clock);
  await tx.priceVersion.create({ data: { id, endpointId: of, from, ...prices, ...origin } });
}

/** A list that is given; null was refused before. */
const list = <Item>(items: readonly Item[] | null | undefined) => (items ? [...items] : undefined);

/** An input as the audit keeps it. */
function plain(input: object): AuditDetails {
  return JSON.parse(JSON.stringify(input));
}
