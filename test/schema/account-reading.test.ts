import type { GraphQLObjectType } from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '#schema';

it('what an account has, holds and may use is of one moment', async () => {
  const { balance, held, available } = (
    schema.getType('CreditAccount') as GraphQLObjectType
  ).getFields();
  let dollars = 0n;
  const credits = {
    account: async () => {
      const more = ++dollars * 10n ** 12n;
      return { balance: more * 4n, held: more, available: more * 3n };
    },
  };
  const account = { organizationId: 'org_one' };
  const fields = [balance, held, available];
  const shown = await Promise.all(
    fields.map((field) => field?.resolve?.(account, {}, { rooms: { credits } }, {} as never)),
  );
  expect(shown).toEqual(['4', '1', '3']);
});
