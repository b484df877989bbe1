import type { Storage } from '#storage';
import type { Directory, KeyEntry } from './access/directory.ts';
import type { Lookup } from './access/lookup.ts';
import type { Membership } from './access/principal.ts';
import { keyEntryOf, membershipOf, organizationOf } from './rows.ts';

/**
 * Subjects are `organization:<id>`, `membership:<id>` and `key:<id>`; `*` when changes were missed.
 */
export const changeTopic = 'identity';

/**
 * Reads everything into the directory and from then on re-reads what changes, wherever it was
 * changed. One reading at a time: an earlier one that ends late would put back what a later one
 * replaced. `changed` gets the keys and members that were read anew, as they were before.
 */
export async function follow(
  storage: Storage,
  directory: Directory,
  changed: (before: Before) => void,
): Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const readNext = (subjects: readonly string[]) => {
    const next = last.then(() => reread(storage, directory, subjects)).then(changed);
    last = next.catch(() => {});
    return next;
  };
  storage.changes.on(changeTopic, readNext);
  await readNext(['*']);
}

export interface Before {
  readonly keys: readonly KeyEntry[];
  readonly members: readonly Membership[];
}

/**
 * Organizations and members first: a key is never there before the organization that it belongs to.
 */
async function reread(
  { prisma }: Storage,
  { organizations, memberships, keys }: Directory,
  subjects: readonly string[],
): Promise<Before> {
  await refresh(organizations, named('organization', subjects), async (where) => {
    const rows = await prisma.organization.findMany({ where, include: { policy: true } });
    return rows.map(organizationOf);
  });
  const members = await refresh(memberships, named('membership', subjects), async (where) => {
    const rows = await prisma.membership.findMany({ where: { ...where, removedAt: null } });
    return rows.map(membershipOf);
  });
  const before = await refresh(keys, named('key', subjects), async (where) => {
    const rows = await prisma.apiKey.findMany({ where: { ...where, revokedAt: null } });
    return rows.map(keyEntryOf);
  });
  return { keys: before, members };
}

type Ids = readonly string[] | 'all';

function named(kind: string, subjects: readonly string[]): Ids {
  if (subjects.includes('*')) return 'all';
  return subjects.flatMap((subject) =>
    subject.startsWith(`${kind}:`) ? [subject.slice(kind.length + 1)] : [],
  );
}

/** Replaces what was known of `ids` by what is read of them; returns what was known. */
async function refresh<Value>(
  lookup: Lookup<Value>,
  ids: Ids,
  read: (where: { id?: { in: string[] } }) => Promise<Value[]>,
): Promise<readonly Value[]> {
  if (ids.length === 0) return [];
  const values = await read(ids === 'all' ? {} : { id: { in: [...ids] } });
  const known = ids === 'all' ? [...lookup.ids()] : ids;
  const before = known.map((id) => lookup.get(id)).filter((value) => value !== undefined);
  lookup.replace(known, values);
  return before;
}
