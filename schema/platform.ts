import { type ChargeOutcome, chargePolicy } from '#credits';
import { formatPrice } from '#kernel';
import { builder } from './builder.ts';
import { describedEnum } from './described.ts';
import { PlatformRef } from './refs.ts';

const outcomes: Record<ChargeOutcome, string> = {
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
};

const ChargeOutcomeRef = describedEnum(
  'ChargeOutcome',
  'A way in which a completion can end.',
  outcomes,
);

interface Rule {
  readonly outcome: ChargeOutcome;
  readonly charged: string;
}

const rules = Object.entries(chargePolicy).map(
  ([outcome, { sentence }]): Rule => ({ outcome: outcome as ChargeOutcome, charged: sentence }),
);

const ChargeRuleRef = builder.objectRef<Rule>('ChargeRule').implement({
  description: 'What is charged when a completion ends in one way.',
  fields: (t) => ({
    outcome: t.expose('outcome', { type: ChargeOutcomeRef, description: 'How it ended.' }),
    charged: t.exposeString('charged', { description: 'What is charged then.' }),
  }),
});

PlatformRef.implement({
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
      type: [ChargeRuleRef],
      description: 'What is charged for each way in which a completion can end.',
      resolve: () => rules,
    }),
    publicTrafficFloor: t.int({
      description:
        'Distinct organizations below which public volume figures are null. 1 on a fresh install.',
      resolve: ({ platform }) => platform.publicTrafficFloor,
    }),
  }),
});

builder.queryField('platform', (t) =>
  t.field({
    type: PlatformRef,
    description: 'This installation: version, fee, size of the catalog, charge policy. Public.',
    resolve: (_root, _args, { rooms }) => rooms,
  }),
);
