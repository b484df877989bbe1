import { Fault, type InputIssue, InvalidInput } from '#kernel';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';

/** How a completion is started by who watches it. */
export const startArguments = builder.args((t) => ({
  detached: t.boolean({
    required: true,
    defaultValue: false,
    description: 'Runs on to its end whoever is watching.',
  }),
  graceMs: t.int({
    required: true,
    defaultValue: 15_000,
    description: 'How long a keyed completion outlives its last viewer, 0 to 60000.',
  }),
  coalesceMs: t.int({
    required: true,
    defaultValue: 20,
    description:
      'After the first content, deltas are gathered for at most this long; 0 to 250. The ' +
      'first subscription decides.',
  }),
}));

const intMax = 2 ** 31 - 1;

/** What the arguments beside the input may be; bounds inclusive. */
const bounds = {
  after: [0, intMax],
  graceMs: [0, 60_000],
  coalesceMs: [0, 250],
} as const;

/** Throws one `InvalidInput` that names every argument out of its bounds. */
export function checkArguments(given: Partial<Record<keyof typeof bounds, number>>): void {
  const issues = Object.entries(bounds).flatMap(([path, [least, most]]): InputIssue[] => {
    const value = given[path as keyof typeof bounds] ?? least;
    if (value >= least && value <= most) return [];
    return [{ path, message: `It is ${value}.`, accepted: `${least} to ${most}` }];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
}

/** A GET starts nothing that is billed. */
export function refuseGet({ readOnly }: Context): void {
  if (!readOnly) return;
  throw new Fault('INVALID_INPUT', {
    public: 'A completion is started by POST or over a WebSocket, never by GET.',
  });
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id of a WebSocket operation stands in for an idempotency key when it is a UUID. */
export const operationKey = ({ operationId }: Context): { operationId?: string } =>
  operationId !== null && uuid.test(operationId) ? { operationId } : {};
