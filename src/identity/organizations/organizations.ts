import { record } from '#audit';
import { type Clock, Fault, type InputIssue, newId } from '#kernel';
import type { Transaction } from '#storage';
import { personOf } from '../access/actor.ts';
import type { Organization, Principal } from '../access/principal.ts';
import { changeTopic } from '../follow.ts';
import { refuseIfAny } from '../input-issues.ts';
import { organizationOf } from '../rows.ts';
import type { OpenAccount, Writing } from '../writing.ts';
import { nameIssues } from './name-check.ts';

export interface CreateOrganizationInput {
  readonly name: string;
  /** Absent: made from the name, and when that is taken, of the name and the id. */
  readonly slug?: string | null | undefined;
}

const slugMax = 40;
const slugForm = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * A person's new organization, with the person as its owner and an empty credit account. Faults:
 * UNAUTHENTICATED; FORBIDDEN to keys; InvalidInput; CONFLICT when the given slug is taken.
 */
export async function createOrganization(
  writing: Writing,
  principal: Principal,
  input: CreateOrganizationInput,
): Promise<Organization> {
  const { storage, clock, openAccount } = writing;
  const { userId } = personOf(principal, 'makes no organizations');
  const id = newId('organization', clock);
  const { name, slugs } = checked(input, id);
  return storage.write(async (tx) => {
    const created = { id, name, slugs, ownerId: userId, clock, openAccount };
    const made = await insertOrganization(tx, created);
    const event = {
      chain: id,
      actor: userId,
      action: 'organization.created',
      subject: id,
      details: { name, slug: made.slug },
    };
    await record(tx, event, clock);
    return made;
  });
}

export interface NewOrganization {
  readonly id: string;
  readonly name: string;
  /** The first that is free becomes its own. */
  readonly slugs: readonly string[];
  readonly ownerId: string;
  readonly clock: Clock;
  readonly openAccount: OpenAccount;
}

/** The organization, its owner and its account, in the transaction of whoever makes it. */
export async function insertOrganization(
  tx: Transaction,
  made: NewOrganization,
): Promise<Organization> {
  const { id, ownerId, clock, openAccount } = made;
  const now = new Date(clock.now());
  const row = await insertNamed(tx, made, now);
  const membershipId = newId('membership', clock);
  await tx.membership.create({
    data: { id: membershipId, organizationId: id, userId: ownerId, role: 'OWNER', joinedAt: now },
  });
  await openAccount(tx, id);
  tx.change(changeTopic, `organization:${id}`);
  tx.change(changeTopic, `membership:${membershipId}`);
  return organizationOf({ ...row, policy: null });
}

async function insertNamed(tx: Transaction, { id, name, slugs }: NewOrganization, createdAt: Date) {
  for (const slug of slugs) {
    const data = [{ id, name, slug, createdAt }];
    const [row] = await tx.organization.createManyAndReturn({ data, skipDuplicates: true });
    if (row) return row;
  }
  throw slugTaken(slugs.at(-1) ?? '');
}

function checked({ name, slug }: CreateOrganizationInput, id: string) {
  refuseIfAny([...nameIssues('input.name', name), ...slugIssues('input.slug', slug)]);
  return { name: name.trim(), slugs: slug == null ? slugsOf(name, id) : [slug] };
}

/** An absent slug has no issue. */
export function slugIssues(path: string, slug: string | null | undefined): readonly InputIssue[] {
  if (slug == null || (slugForm.test(slug) && slug.length <= slugMax)) return [];
  const accepted = `1 to ${slugMax} of a-z, 0-9 and hyphens, with no hyphen at either end`;
  return [{ path, message: 'This is not a slug.', accepted }];
}

/**
 * "Müller & Söhne GmbH" → "muller-sohne-gmbh", and where that is taken the same with the end of the
 * id: two may have one name, and neither is told of the other. A name without a Latin letter or
 * digit → the end of the id.
 */
function slugsOf(name: string, id: string): string[] {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const words = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-/, '');
  const cut = (length: number) => words.slice(0, length).replace(/-$/, '');
  const end = id.slice(-8);
  const slug = cut(slugMax);
  return slug ? [slug, `${cut(slugMax - end.length - 1)}-${end}`] : [`org-${end}`];
}

export function slugTaken(slug: string): Fault {
  return new Fault('CONFLICT', {
    public: `The slug "${slug}" is taken. Choose another and give it in input.slug.`,
  });
}
