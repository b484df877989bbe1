import { afterAll, beforeAll, expect, it } from 'vitest';
import { schema } from '#schema';
import { type Caller, type CallerName, callerNames, type Outcome, strangers } from './callers.ts';
import { type Operation, operations, organizationFields } from './operations.ts';
import { openTown, type Target, type Town } from './town.ts';

let town: Town;
beforeAll(async () => {
  town = await openTown();
}, 180_000);
afterAll(() => town?.close());

const fieldsOf = (type: string) => {
  const found = schema.getType(type);
  return found && 'getFields' in found ? Object.keys(found.getFields()) : [];
};

it('every query, mutation, subscription, node and field of an organization has a row', () => {
  const rows = new Set(operations.map(({ name }) => name));
  const roots = ['Query', 'Mutation', 'Subscription'].flatMap((root) =>
    fieldsOf(root).map((field) => `${root}.${field}`),
  );
  const node = schema.getType('Node');
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => 'getInterfaces' in type && type.getInterfaces().some((one) => one === node),
  );
  const nodes = types.map(({ name }) => `node(id:) of ${name}`);
  const wanted = [...roots, ...nodes].filter((name) => name !== 'Query.node');
  expect(wanted.filter((name) => !rows.has(name))).toEqual([]);
  expect([...organizationFields].sort()).toEqual(fieldsOf('Organization').sort());
});

async function outcomeOf(operation: Operation, caller: Caller, target: Target): Promise<Outcome> {
  const variables = operation.variables?.(target, town) ?? {};
  if (!operation.name.startsWith('Subscription.')) return caller.ask(operation.text, variables);
  let answered = false;
  const first = caller.first(operation.text, variables).finally(() => {
    answered = true;
  });
  while (operation.stir && !answered) await operation.stir(town, caller);
  return first;
}

/** Where the code of a refusal may stand: in a result, or in the event of a completion. */
interface Told {
  readonly code?: string;
  readonly error?: { readonly code: string };
  readonly event?: { readonly error?: { readonly code: string } };
}

/** What a cell says: yes, nothing (null), or the code of the refusal. */
function said({ data, errors }: Outcome): string {
  if (errors) return errors[0]?.extensions.code ?? '';
  const value = innermost(data);
  if (
    value == null ||
    (Array.isArray(value) && value.length > 0 && value.every((one) => one === null))
  )
    return 'null';
  const { code, error, event } = value as Told;
  return code ?? (error ?? event?.error)?.code ?? 'yes';
}

/** Down to the first thing that is no envelope: the field of an organization, the text of a run. */
function innermost(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  const values = Object.values(data);
  const [only] = values;
  return values.length === 1 && !('__typename' in data) ? innermost(only) : data;
}

/** An answer without what differs by nature: which id was asked for, and the request's own. */
function withoutIds(outcome: Outcome, target: Target): string {
  const { data, errors } = outcome;
  const told = errors?.map(({ message, extensions: { code } }) => ({ message, code }));
  const text = JSON.stringify({ data, told });
  return Object.values(target).reduce((rest, id) => rest.replaceAll(id, '<id>'), text);
}

async function rowOf(operation: Operation): Promise<string[]> {
  const cells: string[] = [];
  for (const [name, caller] of inOrder()) {
    const fresh = (await operation.prepare?.(town, caller)) ?? {};
    const target = { ...town.target, ...fresh };
    const outcome = await outcomeOf(operation, caller, target);
    if (said(outcome) === 'yes') await operation.undo?.(town, caller);
    if (strangers.has(name)) {
      const nowhere = await outcomeOf(operation, caller, town.ghost);
      const real = withoutIds(outcome, target);
      expect(real, `${operation.name} by ${name}`).toBe(withoutIds(nowhere, town.ghost));
    }
    cells.push(said(outcome));
  }
  return cells;
}

const inOrder = (): [CallerName, Caller][] =>
  callerNames.map((name) => [name, town.callers.get(name) as Caller]);

const head = `# Who may do what

Every operation, everything that has an id and every field of an organization, as each kind of
caller meets it in an organization that is there. The table is made by asking all of it of a running
server, and a test compares it: a new field without a row fails.

1. \`yes\`: it is answered. \`null\`: it is as if it were not there. Else the code of the refusal.
2. To callers of another organization the answer is, letter for letter, the one to an id that does
   not exist; the test asks both.
3. Lists hold what the caller may see: \`yes\` says that there is a list.
4. What is within a row and has a rule of its own stands in [people and keys](IDENTITY.md).
`;

/** Printed anew by `vitest run test/access -u`, to be read before it is committed. */
it('each caller meets what docs/ACCESS.md says', { timeout: 300_000 }, async () => {
  const rows: string[] = [];
  for (const operation of operations) {
    rows.push(`| ${operation.name} | ${(await rowOf(operation)).join(' | ')} |`);
  }
  const title = `|  | ${callerNames.join(' | ')} |`;
  const line = `| ${['---', ...callerNames.map(() => '---')].join(' | ')} |`;
  const text = [head, title, line, ...rows, ''].join('\n');
  await expect(text).toMatchFileSnapshot('../../docs/ACCESS.md');
});
