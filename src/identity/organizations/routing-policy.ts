import { type AuditDetails, record } from '#audit';
import { type InputIssue, invariant, perMillionOrNull } from '#kernel';
import { Prisma } from '#storage';
import { actorOf } from '../access/actor.ts';
import type { Organization, Principal } from '../access/principal.ts';
import { changeTopic } from '../follow.ts';
import { clearedIssues, idIssues, refuseIfAny } from '../input-issues.ts';
import { writeAs } from '../write-as.ts';
import type { Writing } from '../writing.ts';
import { modelListIssues, providerListIssues } from './name-patterns.ts';

/**
 * The contract's UpdateRoutingPolicyInput: an absent field stays; null clears it where there may be
 * none. Prices are decimals of US dollars per million tokens.
 */
export interface UpdateRoutingPolicyInput {
  readonly organizationId: string;
  readonly allowedModels?: readonly string[] | null | undefined;
  readonly allowedProviders?: readonly string[] | null | undefined;
  readonly deniedProviders?: readonly string[] | null | undefined;
  readonly allowTraining?: boolean | null | undefined;
  readonly requireZeroRetention?: boolean | null | undefined;
  readonly maxPromptPricePerMillion?: string | null | undefined;
  readonly maxCompletionPricePerMillion?: string | null | undefined;
}

type Change = Omit<UpdateRoutingPolicyInput, 'organizationId'>;

/**
 * Changes what an organization allows to all of its requests; in force here when it resolves, and
 * on every node within a second. Faults: UNAUTHENTICATED, NOT_FOUND, FORBIDDEN without
 * POLICY_WRITE, InvalidInput.
 */
export async function updateRoutingPolicy(
  writing: Writing,
  principal: Principal,
  { organizationId, ...change }: UpdateRoutingPolicyInput,
): Promise<Organization> {
  const { clock, access, directory } = writing;
  refuseIfAny([
    ...idIssues('organization', 'input.organizationId', organizationId),
    ...changeIssues(change),
  ]);
  const { id } = access.demand(principal, organizationId, 'POLICY_WRITE');
  await writeAs(writing, { principal, organizationId }, async (tx) => {
    const data = columnsOf(change);
    const create = { organizationId: id, ...data };
    await tx.routingPolicy.upsert({ where: { organizationId: id }, create, update: data });
    tx.change(changeTopic, `organization:${id}`);
    const event = { chain: id, actor: actorOf(principal), action: 'policy.updated', subject: id };
    await record(tx, { ...event, details: detailsOf(change) }, clock);
  });
  const organization = directory.organizations.get(id);
  invariant(organization, 'an organization is never removed');
  return organization;
}

function changeIssues(change: Change): readonly InputIssue[] {
  return [
    ...modelListIssues('input.allowedModels', change.allowedModels),
    ...providerListIssues('input.allowedProviders', change.allowedProviders),
    ...providerListIssues('input.deniedProviders', change.deniedProviders),
    ...clearedIssues('input.allowTraining', change.allowTraining),
    ...clearedIssues('input.requireZeroRetention', change.requireZeroRetention),
    ...priceIssues('input.maxPromptPricePerMillion', change.maxPromptPricePerMillion),
    ...priceIssues('input.maxCompletionPricePerMillion', change.maxCompletionPricePerMillion),
  ];
}

function priceIssues(path: string, text: string | null | undefined): InputIssue[] {
  if (text == null || (perMillionOrNull(text) ?? -1n) >= 0n) return [];
  const accepted = 'a decimal from 0 with at most 12 decimals, or null for no ceiling';
  return [{ path, message: 'This cannot be a price.', accepted }];
}

/** An absent field is not among them, so that two changes of different fields both hold. */
function columnsOf(change: Change) {
  const { allowTraining, requireZeroRetention } = change;
  return {
    ...list('allowedModels', change.allowedModels),
    ...list('allowedProviders', change.allowedProviders),
    ...list('deniedProviders', change.deniedProviders),
    ...(allowTraining == null ? {} : { allowTraining }),
    ...(requireZeroRetention == null ? {} : { requireZeroRetention }),
    ...price('maxPromptPricePerMillion', change.maxPromptPricePerMillion),
    ...price('maxCompletionPricePerMillion', change.maxCompletionPricePerMillion),
  };
}

function list(name: 'allowedModels' | 'allowedProviders' | 'deniedProviders', value: Names) {
  return value === undefined ? {} : { [name]: value === null ? Prisma.DbNull : [...value] };
}

type Names = readonly string[] | null | undefined;

function price(
  name: 'maxPromptPricePerMillion' | 'maxCompletionPricePerMillion',
  value: string | null | undefined,
) {
  return value === undefined ? {} : { [name]: value === null ? null : perMillionOrNull(value) };
}

/** What was given, as it was given. */
function detailsOf(change: Change): AuditDetails {
  const given = Object.entries(change).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(given);
}
