import type { CompletionEvent } from '#completions';
import {
  Fault,
  type Flow,
  flowOf,
  handedOver,
  type InputIssue,
  InvalidInput,
  inOrder,
} from '#kernel';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { CompletionEventRef } from './events.ts';
import { alone, eventsOf, type Refused, refusal } from './following.ts';
import { asked, CompletionInput } from './input.ts';
import { merged } from './lanes.ts';
import { checkArguments, operationKey, refuseGet, startArguments } from './start-arguments.ts';

const lanesMax = 8;

const LaneCursor = builder.inputType('LaneCursor', {
  description: 'How far a lane was read.',
  fields: (t) => ({
    lane: t.int({ required: true, description: 'Index into `models`, from 0.' }),
    sequence: t.int({ required: true, description: 'The last `sequence` seen of it.' }),
  }),
});

interface ComparisonEvent {
  readonly lane: number;
  readonly model: string;
  readonly event: CompletionEvent;
}

const ComparisonEventRef = builder.objectRef<ComparisonEvent>('ComparisonEvent').implement({
  description: 'What happens to one of the completions that are compared.',
  fields: (t) => ({
    lane: t.exposeInt('lane', { description: 'Index into `models`, from 0.' }),
    model: t.exposeString('model', { description: 'The model of the lane, as it was asked for.' }),
    event: t.expose('event', {
      type: CompletionEventRef,
      description: "The event; each lane's are numbered from 1 and end with its own last one.",
    }),
  }),
});

interface Cursor {
  readonly lane: number;
  readonly sequence: number;
}

/** Throws one `InvalidInput` that names everything that is wrong with the lanes. */
function checkLanes(models: readonly string[], after: readonly Cursor[]): void {
  const issues: InputIssue[] = [];
  if (models.length < 1 || models.length > lanesMax) {
    const message = `There are ${models.length} models.`;
    issues.push({ path: 'models', message, accepted: `1 to ${lanesMax}` });
  }
  const named = new Set<number>();
  for (const [index, { lane, sequence }] of after.entries()) {
    const path = `after.${index}`;
    const known = lane >= 0 && lane < models.length;
    if (!known || named.has(lane)) {
      const message = known ? `Lane ${lane} is named twice.` : `There is no lane ${lane}.`;
      issues.push({ path: `${path}.lane`, message, accepted: 'each lane once, from 0' });
    }
    if (sequence < 0) {
      issues.push({
        path: `${path}.sequence`,
        message: `It is ${sequence}.`,
        accepted: '0 or more',
      });
    }
    named.add(lane);
  }
  if (issues.length > 0) throw new InvalidInput(issues);
}

type Start = (lane: number, model: string) => Promise<Flow<readonly CompletionEvent[]>>;

function compared(models: readonly string[], start: Start, context: Context) {
  const lanes = merged(models.map((model, lane) => start(lane, model)));
  return handedOver<ComparisonEvent>((take) =>
    lanes.each(({ lane, value }) =>
      inOrder(value, (event) => {
        context.delivering?.(`${event.completionId}:${event.sequence}`);
        return take({ lane, model: models[lane] ?? '', event });
      }),
    ),
  );
}

builder.subscriptionField('compareCompletions', (t) =>
  t.field({
    type: ComparisonEventRef,
    authScopes: { authenticated: true },
    description:
      'One prompt, several models, side by side; at most 8, the same one twice is allowed. ' +
      '`input.model` is not used and may be absent. Each is a completion of its own: billed by ' +
      'itself, readable by its id, and none waits for another. Safe to repeat like `completion`: ' +
      "the key of a lane is the key and the lane's number. Each lane ends with its own last event; " +
      'the subscription completes after all. Not over GET.',
    args: {
      input: t.arg({ type: CompletionInput, required: true, description: 'The prompt.' }),
      models: t.arg.stringList({ required: true, description: '1 to 8 slugs, one a lane.' }),
      after: t.arg({
        type: [LaneCursor],
        description:
          'On a repeat: the last `sequence` seen of each lane; lanes that are not named start at 0.',
      }),
      ...startArguments,
    },
    complexity: ({ models }) => 10 * Math.min(lanesMax, models.length),
    subscribe(_root, { input, models, after, ...how }, context) {
      refuseGet(context);
      const { rooms, principal } = context;
      const cursors = new Map((after ?? []).map(({ lane, sequence }) => [lane, sequence]));
      const check = () => {
        rooms.identity.payer(principal, input.organizationId);
        checkArguments(how);
        checkLanes(models, after ?? []);
      };
      const start: Start = async (lane, model) => {
        const options = { streamed: true, ...how, ...operationKey(context), lane };
        const given = { ...asked(input), model };
        try {
          const run = await rooms.completions.start(principal, given, options);
          return eventsOf(run, cursors.get(lane) ?? 0, context);
        } catch (thrown) {
          const refused = refusal({ error: Fault.from(thrown), asked: given }, context);
          return flowOf(alone([refused]));
        }
      };
      try {
        check();
        return compared(models, start, context);
      } catch (thrown) {
        const asked = { model: models[0], organizationId: input.organizationId };
        return refusedLane({ error: Fault.from(thrown), asked }, context);
      }
    },
    resolve: (event) => event,
  }),
);

/** Refused as a whole: told in the first lane. */
function refusedLane(given: Refused, context: Context) {
  return alone({ lane: 0, model: given.asked?.model ?? '', event: refusal(given, context) });
}
