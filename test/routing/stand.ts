import type { Endpoint, Market, Model, Pricing, Provider } from '#catalog';

import { derivedId } from '#kernel';
import { noPreferences, type RouteRequest, textNeeds } from '#routing';
import { UpstreamFault, type UpstreamFaultDetail } from '#upstream';
import { openPolicy } from '../../src/identity/access/principal.ts';

/** What a test says of an endpoint; the rest is ordinary. */
export interface Offer
  extends Partial<Omit<Endpoint, 'id' | 'model' | 'provider' | 'pricing' | 'supportedParameters'>> {
  readonly provider: string;
  readonly pricing?: Partial<Pricing>;
  readonly parameters?: readonly string[];
  readonly of?: Partial<Provider>;
}

type Described = Partial<Omit<Model, 'endpoints'>>;

/** US dollars per million tokens as 10⁻¹⁸ US dollar a token. */
export const perMillion = (dollars: number): bigint =>
  BigInt(Math.round(dollars * 1e6)) * 10n ** 6n;

const created = new Date(Date.UTC(2026, 0, 1));

/** A market in memory, made of what each model's endpoints are said to be. */
export function market(
  offers: Readonly<Record<string, readonly Offer[]>>,
  described: Readonly<Record<string, Described>> = {},
): Market {
  const models = Object.entries(offers).map(([slug, list]) => model(slug, list, described[slug]));
  const named = (name: string) => (one: Model) => [one.slug, one.id, ...one.aliases].includes(name);
  const endpoints = models.flatMap((one) => one.endpoints);
  return {
    version: 1,
    models,
    providers: [...new Set(endpoints.map(({ provider }) => provider))],
    model: (name) => models.find(named(name)),
    provider: (name) => endpoints.find(({ provider }) => provider.slug === name)?.provider,
    endpoint: (id) => endpoints.find((one) => one.id === id),
    withdrawn: [],
    search: (text) => models.filter(({ slug }) => slug.includes(text.slice(0, 4))),
  };
}

function model(slug: string, offers: readonly Offer[], described: Described = {}): Model {
  const endpoints: Endpoint[] = [];
  const made: Model = {
    id: derivedId('model', slug),
    slug,
    name: slug,
    author: slug.split('/')[0] ?? slug,
    description: null,
    createdAt: created,
    deprecatedAt: null,
    removedAt: null,
    contextLength: 8_192,
    maxOutputTokens: null,
    inputModalities: ['TEXT'],
    outputModalities: ['TEXT'],
    supportedParameters: [],
    openWeights: false,
    knowledgeCutoff: null,
    aliases: [],
    ...described,
    endpoints,
  };
  endpoints.push(...offers.map((offer) => endpoint(made, offer)));
  return made;
}

function endpoint(of: Model, offer: Offer): Endpoint {
  const { provider: slug, pricing, parameters, of: own, ...rest } = offer;
  return {
    id: derivedId('endpoint', `${of.slug} ${slug} ${offer.upstreamModel ?? ''}`),
    model: of,
    provider: provider(slug, own),
    upstreamModel: of.slug,
    pricing: priced(pricing),
    contextLength: of.contextLength,
    maxOutputTokens: null,
    quantization: null,
    supportedParameters: new Set(parameters ?? []),
    refusals: [],
    enabled: true,
    timeouts: { connectMs: null, firstContentMs: null, idleMs: null, totalMs: null },
    createdAt: created,
    removedAt: null,
    ...rest,
  };
}

function provider(slug: string, own: Partial<Provider> = {}): Provider {
  return {
    id: derivedId('provider', slug),
    slug,
    name: slug,
    homepage: null,
    statusPage: null,
    connector: 'openai-compatible',
    baseUrl: 'http://127.0.0.1:1/v1',
    secret: null,
    configured: true,
    unset: [],
    sandbox: false,
    dataPolicy: { trainsOnPrompts: false, retainsPrompts: false, retentionDays: null },
    endpoints: [],
    removedAt: null,
    ...own,
  };
}

function priced(pricing: Partial<Pricing> = {}): Pricing {
  return {
    id: 'prc_test',
    from: created,
    tiers: [],
    source: null,
    checkedAt: null,
    prompt: perMillion(1),
    completion: perMillion(1),
    cacheRead: null,
    cacheWrite: null,
    cacheWriteHour: null,
    reasoning: null,
    image: null,
    request: null,
    ...pricing,
  };
}

/** Prompt and completion at one price, in US dollars per million tokens. */
export const flat = (dollars: number): Partial<Pricing> => ({
  prompt: perMillion(dollars),
  completion: perMillion(dollars),
});

export function request(given: Partial<RouteRequest> = {}): RouteRequest {
  return {
    model: 'acme/one',
    fallbackModels: [],
    preferences: noPreferences,
    needs: textNeeds,
    promptTokens: 100,
    maxTokens: null,
    policy: openPolicy,
    allowedModels: null,
    ownKeys: new Map(),
    organizationId: 'org_test',
    sessionId: null,
    at: created,
    ...given,
  };
}

export const prefer = (wishes: Partial<RouteRequest['preferences']>) => ({
  preferences: { ...noPreferences, ...wishes },
});

export const fault = (
  failure: UpstreamFaultDetail['failure'],
  detail: Omit<UpstreamFaultDetail, 'failure'> = {},
) => new UpstreamFault({ failure, ...detail });
