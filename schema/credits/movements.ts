import type { Refunded } from '#credits';
import { actorOf } from '#identity';
import { amountOf, InvalidInput, type Money, positive, together } from '#kernel';
import { builder } from '../builder.ts';
import { caught } from '../failures.ts';
import { CompletionRef } from '../refs.ts';
import { resultUnion } from '../results.ts';
import { idOf } from '../rows/paging.ts';
import { written } from '../rows/written.ts';
import { accountNow, CreditAccountRef, LedgerEntryRef } from './credits.ts';
import { keyText, reasoned, reasonText } from './reasoned.ts';

const GrantCreditsInput = builder.inputType('GrantCreditsInput', {
  description: 'Credits as a gift.',
  fields: (t) => ({
    organizationId: t.id({ required: true, description: 'Who gets them.' }),
    amount: t.field({ type: 'Decimal', required: true, description: 'US dollars, above 0.' }),
    reason: t.string({ required: true, description: reasonText }),
    idempotencyKey: t.string({ required: true, description: keyText }),
  }),
});

const RefundCompletionInput = builder.inputType('RefundCompletionInput', {
  description: "What is given back of a completion's charge.",
  fields: (t) => ({
    completionId: t.id({ required: true, description: 'Whose charge.' }),
    amount: t.field({
      type: 'Decimal',
      description:
        'US dollars; when absent, all of the charge that is not refunded yet. Never more than was charged.',
    }),
    reason: t.string({ required: true, description: reasonText }),
    idempotencyKey: t.string({ required: true, description: keyText }),
  }),
});

const AdjustCreditsInput = builder.inputType('AdjustCreditsInput', {
  description: 'A correction of a balance.',
  fields: (t) => ({
    organizationId: t.id({ required: true, description: 'Whose balance.' }),
    amount: t.field({
      type: 'Decimal',
      required: true,
      description: 'US dollars; negative takes, and never what running completions hold.',
    }),
    reason: t.string({ required: true, description: reasonText }),
    idempotencyKey: t.string({ required: true, description: keyText }),
  }),
});

const isMovement = (value: unknown) =>
  typeof value === 'object' && value !== null && 'entryId' in value;

/** What the answer to every movement shows. */
const moved = builder.interfaceRef<Refunded>('CreditMovement').implement({
  description: 'Money was moved by hand.',
  fields: (t) => ({
    account: t.prismaField({
      type: CreditAccountRef,
      description: 'Its state after the change.',
      resolve: (query, { organizationId }, _args, { rooms }) =>
        accountNow(query, organizationId, rooms.storage),
    }),
    entry: t.prismaField({
      type: LedgerEntryRef,
      description: 'Its entry in the ledger.',
      resolve: async (query, { entryId }, _args, { rooms }) =>
        written(await rooms.storage.prisma.entry.findFirst({ ...query, where: { id: entryId } })),
    }),
  }),
});

const GrantCreditsPayload = builder.objectRef<Refunded>('GrantCreditsPayload').implement({
  description: 'The credits were granted.',
  interfaces: [moved],
  isTypeOf: isMovement,
});

const RefundCompletionPayload = builder
  .objectRef<Refunded & { completionId: string }>('RefundCompletionPayload')
  .implement({
    description: 'It was given back.',
    interfaces: [moved],
    isTypeOf: (value) => isMovement(value) && 'completionId' in value,
    fields: (t) => ({
      completion: t.field({
        type: CompletionRef,
        description: 'Its state after the change.',
        resolve: async ({ completionId }, _args, { rooms, principal }) =>
          written(await rooms.completions.find(principal, completionId)),
      }),
    }),
  });

const AdjustCreditsPayload = builder.objectRef<Refunded>('AdjustCreditsPayload').implement({
  description: 'The balance was corrected.',
  interfaces: [moved],
  isTypeOf: isMovement,
});

function notZero(text: string): Money {
  const amount = amountOf(text, 'input.amount');
  if (amount === 0n) throw InvalidInput.at('input.amount', 'It is 0.', 'what is not 0');
  return amount;
}

builder.mutationFields((t) => ({
  grantCredits: t.field({
    type: resultUnion({ name: 'GrantCreditsResult', payload: GrantCreditsPayload }),
    nullable: true,
    authScopes: { platformAdmin: true },
    description: 'Gives credits to an organization. Platform administrators only.',
    args: { input: t.arg({ type: GrantCreditsInput, required: true, description: 'The gift.' }) },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(async () => {
        const gift = together({
          organizationId: () => idOf('organization', input.organizationId, 'input.organizationId'),
          amount: () => positive(input.amount),
          ...reasoned(input),
        });
        const { organizationId } = gift;
        const done = await rooms.billing.grant({ ...gift, actor: actorOf(principal) });
        return { ...done, organizationId };
      }),
  }),
  refundCompletion: t.field({
    type: resultUnion({ name: 'RefundCompletionResult', payload: RefundCompletionPayload }),
    nullable: true,
    authScopes: { platformAdmin: true },
    description:
      "Returns all or part of a completion's charge. Platform administrators only. It also " +
      "lowers what the completion's own periods have spent of a key's or a member's limit.",
    args: {
      input: t.arg({ type: RefundCompletionInput, required: true, description: 'The refund.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(async () => {
        const refund = together({
          completionId: () => idOf('completion', input.completionId, 'input.completionId'),
          amount: () => (input.amount == null ? null : positive(input.amount)),
          ...reasoned(input),
        });
        const { completionId } = refund;
        const done = await rooms.billing.refund({ ...refund, actor: actorOf(principal) });
        return { ...done, completionId };
      }),
  }),
  adjustCredits: t.field({
    type: resultUnion({ name: 'AdjustCreditsResult', payload: AdjustCreditsPayload }),
    nullable: true,
    authScopes: { platformAdmin: true },
    description: 'Corrects a balance, up or down. Platform administrators only.',
    args: {
      input: t.arg({ type: AdjustCreditsInput, required: true, description: 'The correction.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(async () => {
        const adjustment = together({
          organizationId: () => idOf('organization', input.organizationId, 'input.organizationId'),
          amount: () => notZero(input.amount),
          ...reasoned(input),
        });
        const { organizationId } = adjustment;
        const done = await rooms.billing.adjust({ ...adjustment, actor: actorOf(principal) });
        return { ...done, organizationId };
      }),
  }),
}));
