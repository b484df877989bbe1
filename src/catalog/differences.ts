import type { CatalogChangeKind, EndpointStatus } from '#storage';
import { given } from './given.ts';
import type { EndpointRow, IncidentRow, ModelRow, ProviderRow, RefusalRow, Rows } from './rows.ts';

/** What the tables said at a moment of the things that a transaction is about. */
export interface Picture {
  readonly rows: Rows;
  /** Endpoints in trouble, by id. */
  readonly incidents: ReadonlyMap<string, IncidentRow>;
}

/** A row of `catalog_change` without its number and time. */
export interface Difference {
  readonly kind: CatalogChangeKind;
  readonly subjectId: string;
  readonly modelId?: string;
  readonly modelSlug?: string;
  readonly providerId?: string;
  readonly providerSlug?: string;
  readonly previousPriceId?: string;
  readonly newPriceId?: string;
  readonly previousStatus?: EndpointStatus;
  readonly newStatus?: EndpointStatus;
  readonly reason?: string | null;
}

/** Whether a provider can be spoken to. */
export type IsConfigured = (provider: ProviderRow) => boolean;

/** What is told of two pictures of the same things, the earlier one first. */
export function differencesOf(
  before: Picture,
  after: Picture,
  isConfigured: IsConfigured,
): Difference[] {
  const providers = [...after.rows.providers.values()].flatMap((row) =>
    ofProvider(before.rows.providers.get(row.id), row),
  );
  const models = [...after.rows.models.values()].flatMap((row) =>
    ofModel(before.rows.models.get(row.id), row),
  );
  const endpoints = [...after.rows.endpoints.values()].flatMap((row) =>
    ofEndpoint(row, { before, after, isConfigured }),
  );
  return [...providers, ...models, ...endpoints];
}

const shownOfProvider = [
  ...(['name', 'homepage', 'statusPage'] as const),
  ...(['trainsOnPrompts', 'retainsPrompts', 'retentionDays'] as const),
];

function ofProvider(old: ProviderRow | undefined, row: ProviderRow): Difference[] {
  const subject = { subjectId: row.id, providerId: row.id, providerSlug: row.slug };
  const life = lifeOf(old, row);
  if (life) return [{ kind: `PROVIDER_${life}`, ...subject }];
  const reason = changedFields(old, row, shownOfProvider);
  return reason ? [{ kind: 'PROVIDER_CHANGED', ...subject, reason }] : [];
}

const shownOfModel = [
  ...(['name', 'author', 'description', 'contextLength', 'maxOutputTokens'] as const),
  ...(['inputModalities', 'outputModalities', 'supportedParameters'] as const),
  ...(['openWeights', 'knowledgeCutoff', 'aliases'] as const),
];

function ofModel(old: ModelRow | undefined, row: ModelRow): Difference[] {
  const subject = { subjectId: row.id, modelId: row.id, modelSlug: row.slug };
  const life = lifeOf(old, row);
  if (life) return [{ kind: `MODEL_${life}`, ...subject }];
  const reason = changedFields(old, row, shownOfModel);
  const deprecated = !old?.deprecatedAt && row.deprecatedAt;
  return [
    ...(reason ? [{ kind: 'MODEL_CHANGED', ...subject, reason } as const] : []),
    ...(deprecated ? [{ kind: 'MODEL_DEPRECATED', ...subject } as const] : []),
  ];
}

const shownOfEndpoint = [
  ...(['contextLength', 'maxOutputTokens', 'quantization', 'supportedParameters'] as const),
];

interface Pictures {
  readonly before: Picture;
  readonly after: Picture;
  readonly isConfigured: IsConfigured;
}

function ofEndpoint(row: EndpointRow, { before, after, isConfigured }: Pictures): Difference[] {
  const old = before.rows.endpoints.get(row.id);
  const subject = { subjectId: row.id, ...ofWhom(row, after.rows) };
  const [previousPriceId, newPriceId] = [before, after].map(
    ({ rows }) => rows.prices.get(row.id)?.id,
  );
  const life = lifeOf(old, row);
  if (life) {
    const price = life === 'ADDED' ? { newPriceId } : { previousPriceId };
    return [{ kind: `ENDPOINT_${life}`, ...subject, ...given(price) }];
  }
  if (!old || row.removedAt) return [];
  const [refusedBefore, refused] = [before, after].map(({ rows }) => rows.refusals.get(row.id));
  const found = changedRefusals(refusedBefore ?? [], refused ?? []);
  const reason = [changedFields(old, row, shownOfEndpoint), ...found].filter(Boolean).join(' ');
  const repriced = previousPriceId !== newPriceId;
  const prices = given({ previousPriceId, newPriceId });
  const previous = standingOf(old, before, isConfigured);
  const current = standingOf(row, after, isConfigured);
  const statuses = { previousStatus: previous.status, newStatus: current.status };
  const moved = previous.status !== current.status && { ...statuses, reason: current.reason };
  return [
    ...(reason ? [{ kind: 'ENDPOINT_CHANGED', ...subject, reason } as const] : []),
    ...(repriced ? [{ kind: 'ENDPOINT_PRICE_CHANGED', ...subject, ...prices } as const] : []),
    ...(moved ? [{ kind: 'ENDPOINT_STATUS_CHANGED', ...subject, ...moved } as const] : []),
  ];
}

/** What was found out, or is given another chance, one sentence each. */
function changedRefusals(before: readonly RefusalRow[], after: readonly RefusalRow[]): string[] {
  const among = (rows: readonly RefusalRow[]) => new Set(rows.map(({ parameter }) => parameter));
  const [known, still] = [among(before), among(after)];
  const learned = after.filter(({ parameter }) => !known.has(parameter));
  const over = before.filter(({ parameter }) => !still.has(parameter));
  return [
    ...learned.map(({ parameter, evidence }) => `It refused \`${parameter}\`: “${evidence}”`),
    ...over.map(({ parameter }) => `\`${parameter}\` is tried anew.`),
  ];
}

function ofWhom({ modelId, providerId }: EndpointRow, { models, providers }: Rows) {
  const modelSlug = models.get(modelId)?.slug;
  const providerSlug = providers.get(providerId)?.slug;
  return { modelId, providerId, ...given({ modelSlug, providerSlug }) };
}

interface Standing {
  readonly status: EndpointStatus;
  readonly reason: string | null;
}

function standingOf(row: EndpointRow, picture: Picture, isConfigured: IsConfigured): Standing {
  if (!row.enabled) return { status: 'DISABLED', reason: 'An administrator took it out.' };
  const provider = picture.rows.providers.get(row.providerId);
  if (provider && !isConfigured(provider)) {
    const reason = `The platform has no access to ${provider.name} yet.`;
    return { status: 'NOT_CONFIGURED', reason };
  }
  return picture.incidents.get(row.id) ?? { status: 'UP', reason: null };
}

interface Lasting {
  readonly removedAt: Date | null;
}

/** Whether it came (again) or went; null when it neither did. */
function lifeOf(old: Lasting | undefined, row: Lasting): 'ADDED' | 'REMOVED' | null {
  const [was, is] = [old !== undefined && old.removedAt === null, row.removedAt === null];
  if (was === is) return null;
  return is ? 'ADDED' : 'REMOVED';
}

/** The names of what is shown otherwise than before, as a sentence; null when nothing is. */
function changedFields<Row>(old: Row | undefined, row: Row, shown: readonly (keyof Row)[]) {
  const changed = shown.filter((field) => old && textOf(old[field]) !== textOf(row[field]));
  return changed.length > 0 ? `Changed: ${changed.join(', ')}.` : null;
}

const textOf = (value: unknown) => JSON.stringify(value);
