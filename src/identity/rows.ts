import { invariant } from '#kernel';
import type { Prisma } from '#storage';
import type { KeyEntry } from './access/directory.ts';
import {
  type ApiKey,
  type Membership,
  type Organization,
  openPolicy,
  type RoutingPolicy,
} from './access/principal.ts';

/** How rows of this room's tables become what the room gives out. */

export type OrganizationRow = Prisma.OrganizationGetPayload<{ include: { policy: true } }>;

export function organizationOf(row: OrganizationRow): Organization {
  const { id, slug, name, createdAt, retainContentDays } = row;
  const policy = row.policy ? policyOf(row.policy) : openPolicy;
  return { id, slug, name, createdAt, retainContentDays, policy };
}

/** A price per million tokens in 10⁻¹² US dollar is the same number as one per token in 10⁻¹⁸. */
function policyOf(row: Prisma.RoutingPolicyModel): RoutingPolicy {
  return {
    allowedModels: textsOf(row.allowedModels),
    allowedProviders: textsOf(row.allowedProviders),
    deniedProviders: textsOf(row.deniedProviders),
    allowTraining: row.allowTraining,
    requireZeroRetention: row.requireZeroRetention,
    maxPromptPrice: row.maxPromptPricePerMillion,
    maxCompletionPrice: row.maxCompletionPricePerMillion,
  };
}

export function membershipOf(row: Prisma.MembershipModel): Membership {
  const { id, organizationId, userId, role, monthlyBudget, budgetNumber } = row;
  return { id, organizationId, userId, role, monthlyBudget, budgetNumber };
}

export function keyEntryOf(row: Prisma.ApiKeyModel): KeyEntry {
  const { hash, previousHash, previousSecretExpiresAt: until } = row;
  const previous = previousHash !== null && until ? { hash: previousHash, until } : null;
  return { apiKey: apiKeyOfRow(row), hash, previous };
}

/** Field by field, so that no hash leaves the room and none added later does. */
export function apiKeyOfRow(row: Prisma.ApiKeyModel): ApiKey {
  return {
    id: row.id,
    organizationId: row.organizationId,
    membershipId: row.membershipId,
    name: row.name,
    kind: row.kind,
    hint: row.hint,
    creditLimit: row.creditLimit,
    limitPeriod: row.limitPeriod,
    limitNumber: row.limitNumber,
    requestsPerMinute: row.requestsPerMinute,
    allowedModels: textsOf(row.allowedModels),
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    revokedAt: row.revokedAt,
    disabled: row.disabled,
  };
}

function textsOf(value: Prisma.JsonValue): readonly string[] | null {
  if (value === null) return null;
  const holds = Array.isArray(value) && value.every((text) => typeof text === 'string');
  invariant(holds, 'a stored list of names is an array of strings');
  return value as string[];
}
