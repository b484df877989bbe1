import { z } from 'zod';
import {
  type ApiKey,
  apiKeyOfRow,
  apiKeysSeenBy,
  type Organization,
  type Principal,
} from '#identity';
import { Fault, InvalidInput, isId, upper } from '#kernel';
import { keyChange, type NewKeyRequest, newKeyRequest, type Rooms } from '#schema';
import { bodyOf, type Exchange, jsonOf, sendJson } from '../exchange.ts';
import type { Parameters } from '../rest/address.ts';
import { callerOf } from '../rest/caller.ts';
import { renamed, wirePath } from '../rest/errors.ts';
import { decimalOf } from '../rest/preferences.ts';
import { inShape } from '../rest/shape.ts';
import { managedKey } from './key-view.ts';
import { organizationOf, organizationQuery } from './organization.ts';
import { spendingOf } from './spending.ts';

interface Managing {
  readonly principal: Principal;
  readonly organization: Organization;
}

async function managing(exchange: Exchange, rooms: Rooms): Promise<Managing> {
  const principal = await callerOf(exchange, rooms);
  const instead = 'GET /v1/key tells of the key that asks.';
  const anyOf = ['KEYS_READ', 'KEYS_WRITE', 'KEYS_WRITE_OWN'] as const;
  const demand = { principal, url: exchange.url, anyOf, instead };
  return { principal, organization: await organizationOf(rooms, demand) };
}

const pageMax = 100;

const listQuery = z.strictObject({
  include_disabled: z.enum(['true', 'false']).optional(),
  offset: z.coerce.number().int().nonnegative().default(0),
  ...organizationQuery,
});

/** `GET …/keys`: newest first, 100 at a time; those that were revoked are not listed. */
export async function listKeys(exchange: Exchange, rooms: Rooms): Promise<void> {
  const { principal, organization } = await managing(exchange, rooms);
  const asked = inShape(listQuery, Object.fromEntries(exchange.url.searchParams), 'query');
  const { prisma } = rooms.storage;
  const where = {
    AND: [
      apiKeysSeenBy(principal),
      { organizationId: organization.id, revokedAt: null },
      asked.include_disabled === 'true' ? {} : { disabled: false },
    ],
  };
  const [rows, total] = await Promise.all([
    prisma.apiKey.findMany({
      where,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      skip: asked.offset,
      take: pageMax,
    }),
    prisma.apiKey.count({ where }),
  ]);
  const data = await views(rows.map(apiKeyOfRow), rooms);
  sendJson(exchange.response, 200, { data, total_count: total });
}

/** `POST …/keys`: a new INFERENCE key; its secret is in this answer and nowhere else. */
export async function createKey(exchange: Exchange, rooms: Rooms): Promise<void> {
  const { principal, organization } = await managing(exchange, rooms);
  const asked = inShape(newKeyRequest, jsonOf(await bodyOf(exchange)));
  if (asked.workspace_id != null && asked.workspace_id !== organization.id) {
    throw InvalidInput.at('workspace_id', 'The request is about another one.', organization.id);
  }
  const { apiKey, secret } = await inWireNames(
    rooms.identity.createApiKey(principal, {
      organizationId: organization.id,
      ...settingsOf(asked),
      expiresAt: asked.expires_at ? new Date(asked.expires_at) : null,
    }),
  );
  const [data] = await views([apiKey], rooms);
  sendJson(exchange.response, 201, { data, key: secret.reveal() });
}

function settingsOf({ name, limit, limit_reset: reset }: NewKeyRequest) {
  const creditLimit = limit == null ? null : (decimalOf(limit) ?? '');
  return { name, creditLimit, limitPeriod: reset ? upper(reset) : ('NONE' as const) };
}

/** `GET …/keys/{hash}`. */
export async function showKey(
  exchange: Exchange,
  rooms: Rooms,
  parameters: Parameters,
): Promise<void> {
  const { apiKey } = await keyNamed(exchange, rooms, parameters);
  const [data] = await views([apiKey], rooms);
  sendJson(exchange.response, 200, { data });
}

/** `PATCH …/keys/{hash}`: what is absent stays. */
export async function changeKey(
  exchange: Exchange,
  rooms: Rooms,
  parameters: Parameters,
): Promise<void> {
  const { principal, apiKey } = await keyNamed(exchange, rooms, parameters);
  const {
    name,
    disabled,
    limit,
    limit_reset: reset,
  } = inShape(keyChange, jsonOf(await bodyOf(exchange)));
  const changed = await inWireNames(
    rooms.identity.updateApiKey(principal, {
      id: apiKey.id,
      ...(name == null ? {} : { name }),
      ...(disabled == null ? {} : { disabled }),
      ...(limit === undefined ? {} : { creditLimit: limit === null ? null : decimalOf(limit) }),
      ...(reset === undefined ? {} : { limitPeriod: reset ? upper(reset) : ('NONE' as const) }),
    }),
  );
  const [data] = await views([changed], rooms);
  sendJson(exchange.response, 200, { data });
}

/** `DELETE …/keys/{hash}`: it is refused from now on, and its running completions end. */
export async function revokeKey(
  exchange: Exchange,
  rooms: Rooms,
  parameters: Parameters,
): Promise<void> {
  const { principal, apiKey } = await keyNamed(exchange, rooms, parameters);
  await rooms.identity.revokeApiKey(principal, apiKey.id);
  sendJson(exchange.response, 200, { deleted: true });
}

const wireNames: Readonly<Record<string, string>> = {
  credit_limit: 'limit',
  limit_period: 'limit_reset',
};

/** What is wrong with a key is told by the names that this surface has for it. */
async function inWireNames<Result>(result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (thrown) {
    const nameOf = (path: string) => wireNames[wirePath(path)] ?? wirePath(path);
    throw renamed(Fault.from(thrown), nameOf);
  }
}

/** One that is not there, or was revoked, answers like one of another organization. */
async function keyNamed(
  exchange: Exchange,
  rooms: Rooms,
  { hash = '' }: Parameters,
): Promise<{ principal: Principal; apiKey: ApiKey }> {
  const { principal, organization } = await managing(exchange, rooms);
  const row = isId('apiKey', hash)
    ? await rooms.storage.prisma.apiKey.findFirst({
        where: {
          AND: [
            apiKeysSeenBy(principal),
            { id: hash, organizationId: organization.id, revokedAt: null },
          ],
        },
      })
    : null;
  if (row) return { principal, apiKey: apiKeyOfRow(row) };
  throw new Fault('NOT_FOUND', { public: 'There is no such API key.' });
}

async function views(apiKeys: readonly ApiKey[], rooms: Rooms) {
  const spending = await spendingOf(
    apiKeys.map(({ id }) => id),
    rooms,
  );
  return Promise.all(apiKeys.map((apiKey) => managedKey(apiKey, spending(apiKey.id), rooms)));
}
