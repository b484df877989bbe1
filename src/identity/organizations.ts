import { record } from '#audit';
import { type Clock, Fault, type InputIssue, newId } from '#kernel';
import type { Transaction } from '#storage';
import { personOf } from './actor.ts';
import { changeTopic } from './follow.ts';
import { refuseIfAny } from './input-issues.ts';
import { nameIssues } from './name-check.ts';
import type { Organization, Principal } from './principal.ts';
import { organizationOf } from './rows.ts';
import type { OpenAccount, Writing } from './writing.ts';

export interface CreateOrganizationInput {
  readonly name: string;
  /** Absent: made from the name. */
  readonly slug?: string | null | undefined;
}

const slugMax = 40;
const slugForm = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * A person's new organization, with the person as its owner and an empty credit account. Faults:
 * UNAUTHENTICATED; FORBIDDEN to keys; InvalidInput; CONFLICT when the slug is taken.
 */
export async function createOrganization(
  writing: Writing,
  principal: Principal,
  input: CreateOrganizationInput,
): Promise<Organization> {
  const { storage, clock, openAccount } = writing;
  const { userId } = personOf(principal, 'makes no organizations');
  const id = newId('organization', clock);
  const { name, slug } = checked(input, id);
  return storage.write(async (tx) => {
    const made = await insertOrganization(tx, {
      id,
      name,
      slug,
      ownerId: userId,
      clock,
      openAccount,
    });
    const details = { name, slug };
    const event = {
      chain: id,
      actor: userId,
      action: 'organization.created',
      subject: id,
      details,
    };
    await record(tx, event, clock);
    return made;
  });
}

export interface NewOrganization {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly ownerId: string;
  readonly clock: Clock;
  readonly openAccount: OpenAccount;
}

/** The organization, its owner and its account, in the transaction of whoever makes it. */
export async function insertOrganization(
  tx: Transaction,
  made: NewOrganization,
): Promise<Organization> {
  const { id, name, slug, ownerId, clock, openAccount } = made;
  const now = new Date(clock.now());
  const [row] = await tx.organization.createManyAndReturn({
    data: [{ id, name, slug, createdAt: now }],
    skipDuplicates: true,
  });
  if (!row) throw slugTaken(slug);
  const membershipId = newId('membership', clock);
  await tx.membership.create({
    data: { id: membershipId, organizationId: id, userId: ownerId, role: 'OWNER', joinedAt: now },
  });
  await openAccount(tx, id);
  tx.change(changeTopic, `organization:${id}`);
  tx.change(changeTopic, `membership:${membershipId}`);
  return organizationOf({ ...row, policy: null });
}

function checked({ name, slug }: CreateOrganizationInput, id: string) {
  refuseIfAny([...nameIssues('input.name', name), ...slugIssues('input.slug', slug)]);
  return { name: name.trim(), slug: slug ?? slugOf(name, id) };
}

/** An absent slug has no issue. */
export function slugIssues(path: string, slug: string | null | undefined): readonly InputIssue[] {
  if (slug == null || (slugForm.test(slug) && slug.length <= slugMax)) return [];
  const accepted = `1 to ${slugMax} of a-z, 0-9 and hyphens, with no hyphen at either end`;
  return [{ path, message: 'This is not a slug.', accepted }];
}

/**
 * "Müller & Söhne GmbH" → "muller-sohne-gmbh"; a name without a Latin letter or digit → the end of
 * the id.
 */
export function slugOf(name: string, id: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, slugMax)
    .replace(/-$/, '');
  return slug || `org-${id.slice(-8)}`;
}

export function slugTaken(slug: string): Fault {
  return new Fault('CONFLICT', {
    public: `The slug "${slug}" is taken. Choose another and give it in input.slug.`,
  });
}
