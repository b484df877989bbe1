import { record } from '#audit';
import type { InputIssue } from '#kernel';
import { Prisma, type Transaction } from '#storage';
import { actorOf } from '../access/actor.ts';
import type { Organization, Principal } from '../access/principal.ts';
import { changeTopic } from '../follow.ts';
import { clearedIssues, idIssues, refuseIfAny } from '../input-issues.ts';
import { organizationOf } from '../rows.ts';
import { writeAs } from '../write-as.ts';
import type { Writing } from '../writing.ts';
import { nameIssues } from './name-check.ts';
import { slugIssues, slugTaken } from './organizations.ts';

/** The contract's UpdateOrganizationInput: an absent field stays; none of them can be cleared. */
export interface UpdateOrganizationInput {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly slug?: string | null | undefined;
  readonly retainContentDays?: number | null | undefined;
}

type Changes = Partial<Pick<Organization, 'name' | 'slug' | 'retainContentDays'>>;

/** Ten years. */
const retainContentDaysMax = 3_650;

/**
 * Renames an organization, moves it to another slug (the old one is free at once) or sets for how
 * long it keeps content. Faults: UNAUTHENTICATED, FORBIDDEN, InvalidInput, NOT_FOUND, CONFLICT when
 * the slug is taken.
 */
export async function updateOrganization(
  writing: Writing,
  principal: Principal,
  input: UpdateOrganizationInput,
): Promise<Organization> {
  const { clock, access } = writing;
  const changes = changesOf(input);
  const { id } = access.demand(principal, input.id, 'ORGANIZATION_WRITE');
  return writeAs(writing, { principal, organizationId: id }, async (tx) => {
    const changed = await change(tx, id, changes);
    tx.change(changeTopic, `organization:${id}`);
    const [actor, action] = [actorOf(principal), 'organization.updated'];
    await record(tx, { chain: id, actor, action, subject: id, details: changes }, clock);
    return changed;
  });
}

async function change(tx: Transaction, id: string, changes: Changes): Promise<Organization> {
  try {
    const include = { policy: true };
    return organizationOf(await tx.organization.update({ where: { id }, data: changes, include }));
  } catch (thrown) {
    if (isTaken(thrown)) throw slugTaken(changes.slug ?? '');
    throw thrown;
  }
}

/** Prisma's word for a value that another row has. */
const isTaken = (thrown: unknown) =>
  thrown instanceof Prisma.PrismaClientKnownRequestError && thrown.code === 'P2002';

function changesOf({ id, name, slug, retainContentDays }: UpdateOrganizationInput): Changes {
  refuseIfAny([
    ...idIssues('organization', 'input.id', id),
    ...clearedIssues('input.name', name),
    ...(name == null ? [] : nameIssues('input.name', name)),
    ...clearedIssues('input.slug', slug),
    ...slugIssues('input.slug', slug),
    ...clearedIssues('input.retainContentDays', retainContentDays),
    ...daysIssues(retainContentDays ?? 0),
  ]);
  return {
    ...(name == null ? {} : { name: name.trim() }),
    ...(slug == null ? {} : { slug }),
    ...(retainContentDays == null ? {} : { retainContentDays }),
  };
}

function daysIssues(days: number): readonly InputIssue[] {
  if (Number.isInteger(days) && days >= 0 && days <= retainContentDaysMax) return [];
  const accepted = `0 to ${retainContentDaysMax}; 0 keeps none`;
  return [{ path: 'input.retainContentDays', message: `It is ${days}.`, accepted }];
}
