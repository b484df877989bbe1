import { expect, it } from 'vitest';
import { DeltaTexts } from '../../src/http/graphql/execution/delta-texts.ts';

type Event = Readonly<Record<string, unknown>>;

const delta = (sequence: number, text: string, given: object = {}): Event => ({
  type: 'TextDelta',
  completionId: 'cmp_1',
  sequence,
  firstSequence: sequence,
  text,
  ...given,
});
const result = (completion: object) => ({ data: { completion } });

/** A selection, and how often it was executed. */
function asked(select: (event: Event) => unknown) {
  const texts = new DeltaTexts();
  let executed = 0;
  const execute = (event: unknown) => {
    executed++;
    return select(event as Event);
  };
  return { of: (event: Event) => texts.of(event, execute), executed: () => executed };
}

const selections: readonly (readonly [string, (event: Event) => object])[] = [
  ['the text alone', ({ text }) => ({ text })],
  ['all fields', ({ type, details, ...fields }) => ({ __typename: type, ...fields })],
  ['a field twice', ({ text }) => ({ text, again: text })],
  ['names like numbers', ({ sequence }) => ({ _2147483646: sequence, n2147483645: sequence })],
  ['nothing of the event', ({ type }) => ({ __typename: type })],
];

it.each(selections)('%s reads to the letter as it is executed', (_, select) => {
  const { of, executed } = asked((event) => result(select(event)));
  const said = ['Hi', '', '"quoted"\n\u2028', 'Łódź 👋', '⟦text⟧', ':2147483646,'];
  for (const [index, text] of said.entries()) {
    for (const type of ['TextDelta', 'ReasoningDelta']) {
      const event = delta(index + 1, text, { type, firstSequence: index });
      expect(of(event)).toBe(JSON.stringify(result(select(event))));
    }
  }
  expect(executed()).toBe(4);
});

it('a field that is made of others is executed every time', () => {
  const { of } = asked(({ text }) => result({ length: String(text).length }));
  expect([of(delta(1, 'One')), of(delta(2, 'Two'))]).toEqual([null, null]);
});

it.each([
  ['with errors', result({}), { errors: [{}] }],
  ['that is not there at once', Promise.resolve(result({})), {}],
])('a result %s is no form', (_, given, more) => {
  const { of } = asked(() => Object.assign(given, more));
  expect(of(delta(1, 'One'))).toBeNull();
});

it('what is no plain piece of an answer is executed', () => {
  const { of } = asked(({ text }) => result({ text }));
  expect(of({ type: 'ToolCallDelta', arguments: '{' })).toBeNull();
  expect(of(delta(1, '', { type: 'ReasoningDelta', details: [{ signature: 's' }] }))).toBeNull();
});
