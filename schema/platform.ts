import { formatPrice } from '#kernel';
import { builder } from './builder.ts';
import type { Rooms } from './context.ts';
import { describedEnum } from './described.ts';

const ChargeOutcome = describedEnum('ChargeOutcome', 'A way in which a completion can end.', {
  SUCCEEDED: 'It came to its own end, or to the length that was asked for.',
  CONTENT_FILTERED: "The provider's content filter ended it.",
  CANCELLED:
    'The caller cancelled or left, the key was revoked, or a deadline of the caller passed.',
  BUDGET: 'Credits or a limit were used up in the middle of the answer.',
  NOTHING_DELIVERED: 'Every attempt failed before content, or the fault was ours.',
  BROKE_OFF: 'The provider broke off and the answer was not continued.',
  CONTINUED: 'The provider broke off and another endpoint went on.',
  REPEATED: 'The same idempotency key was used again.',
  OWN_PROVIDER_KEY: "It ran on the organization's own provider key.",
});

const chargePolicy = [
  [
    'SUCCEEDED',
    "What was used at the provider's price in force at admission, and the fee. Counted by us and " +
      'marked `estimated` when the provider gave no usage.',
  ],
  ['CONTENT_FILTERED', 'Like SUCCEEDED.'],
  ['CANCELLED', 'The prompt and what was generated until the cancellation reached the provider.'],
  ['BUDGET', 'The prompt and what was delivered.'],
  ['NOTHING_DELIVERED', 'Nothing.'],
  ['BROKE_OFF', 'Nothing.'],
  ['CONTINUED', 'The prompt once and each delivered token once.'],
  ['REPEATED', 'Nothing: the first completion is returned.'],
  ['OWN_PROVIDER_KEY', 'The fee alone.'],
] as const;

const ChargeRule = builder.objectRef<(typeof chargePolicy)[number]>('ChargeRule').implement({
  description: 'What is charged when a completion ends in one way.',
  fields: (t) => ({
    outcome: t.field({
      type: ChargeOutcome,
      description: 'How it ended.',
      resolve: ([outcome]) => outcome,
    }),
    charged: t.string({ description: 'What is charged then.', resolve: ([, charged]) => charged }),
  }),
});

const Platform = builder.objectRef<Rooms>('Platform').implement({
  description: 'What there is to know of this installation.',
  fields: (t) => ({
    name: t.string({ description: 'Its name.', resolve: ({ platform }) => platform.name }),
    version: t.string({
      description: 'Version of the software that answers.',
      resolve: ({ platform }) => platform.version,
    }),
    feeRate: t.field({
      type: 'Decimal',
      description: 'The fee on the cost of inference: 0.05 is five per cent.',
      resolve: ({ platform }) => formatPrice(platform.feeRate),
    }),
    modelCount: t.int({
      description: 'Models in the catalog.',
      resolve: ({ catalog }) => catalog.market().models.length,
    }),
    providerCount: t.int({
      description: 'Providers in the catalog.',
      resolve: ({ catalog }) => catalog.market().providers.length,
    }),
    chargePolicy: t.field({
      type: [ChargeRule],
      description: 'What is charged for each way in which a completion can end.',
      resolve: () => [...chargePolicy],
    }),
    publicTrafficFloor: t.int({
      description:
        'Distinct organizations that a public volume figure needs. 1 on a fresh install.',
      resolve: ({ platform }) => platform.publicTrafficFloor,
    }),
  }),
});

builder.queryField('platform', (t) =>
  t.field({
    type: Platform,
    description: 'This installation: version, fee, size of the catalog, charge policy. Public.',
    resolve: (_root, _args, { rooms }) => rooms,
  }),
);
