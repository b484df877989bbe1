import type { RemovedProviderKey } from '#provider-keys';
import { builder } from '../builder.ts';
import { caught } from '../failures.ts';
import { OrganizationRef } from '../identity/organization.ts';
import { resultUnion } from '../results.ts';
import { written } from '../rows/written.ts';
import { ProviderKeyRef } from './provider-key.ts';

const AddProviderKeyInput = builder.inputType('AddProviderKeyInput', {
  description: 'A credential of your own at a provider. It is sealed, and never shown again.',
  fields: (t) => ({
    organizationId: t.id({
      required: true,
      description: 'The organization whose requests use it.',
    }),
    provider: t.string({ required: true, description: 'Slug of the provider, such as `openai`.' }),
    name: t.string({ required: true, description: 'Name for people, 1 to 100 characters.' }),
    secret: t.string({
      required: true,
      description:
        'The credential as the provider issued it; for Vertex AI, the JSON of the service account.',
    }),
    fallbackToPlatform: t.boolean({
      required: true,
      defaultValue: true,
      description:
        "Use the platform's credential, at the full price, when this one is refused or fails.",
    }),
  }),
});

const UpdateProviderKeyInput = builder.inputType('UpdateProviderKeyInput', {
  description: 'What changes. An absent field stays; none can be cleared.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The provider key.' }),
    name: t.string({ description: 'Name for people, 1 to 100 characters.' }),
    secret: t.string({ description: 'Another credential in its place.' }),
    fallbackToPlatform: t.boolean({
      description: "Whether the platform's credential is used when this one is refused or fails.",
    }),
    enabled: t.boolean({ description: 'False: it is kept, and not used.' }),
  }),
});

/** What an add or update answers is the id of the key. */
function payloadOf(name: string, description: string) {
  return builder.objectRef<{ readonly id: string }>(name).implement({
    description,
    fields: (t) => ({
      providerKey: t.prismaField({
        type: ProviderKeyRef,
        description: 'Its state after the change.',
        resolve: async (query, { id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.providerKey.findFirst({ ...query, where: { id } })),
      }),
    }),
  });
}

const RemoveProviderKeyPayload = builder
  .objectRef<RemovedProviderKey>('RemoveProviderKeyPayload')
  .implement({
    description: 'It is gone, and with it the credential.',
    fields: (t) => ({
      organization: t.prismaField({
        type: OrganizationRef,
        description: 'Whose it was.',
        resolve: async (query, { organizationId: id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.organization.findFirst({ ...query, where: { id } })),
      }),
      removedProviderKeyId: t.exposeID('id', { description: 'Its id, for a client to forget.' }),
    }),
  });

const AddProviderKeyResult = resultUnion({
  name: 'AddProviderKeyResult',
  payload: payloadOf('AddProviderKeyPayload', 'It is used from the next request on.'),
});
const UpdateProviderKeyResult = resultUnion({
  name: 'UpdateProviderKeyResult',
  payload: payloadOf('UpdateProviderKeyPayload', 'It was changed.'),
});
const RemoveProviderKeyResult = resultUnion({
  name: 'RemoveProviderKeyResult',
  payload: RemoveProviderKeyPayload,
});

const authScopes = { authenticated: true };
const identified = async (id: Promise<string>) => ({ id: await id });

builder.mutationFields((t) => ({
  addProviderKey: t.field({
    type: AddProviderKeyResult,
    nullable: true,
    authScopes,
    description:
      "Adds a credential of the organization's own: its requests to that provider use it first, " +
      'and cost the fee alone. Needs KEYS_WRITE.',
    args: {
      input: t.arg({ type: AddProviderKeyInput, required: true, description: 'The credential.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => identified(rooms.providerKeys.add(principal, input))),
  }),
  updateProviderKey: t.field({
    type: UpdateProviderKeyResult,
    nullable: true,
    authScopes,
    description: 'Changes a provider key, effective for the next request. Needs KEYS_WRITE.',
    args: {
      input: t.arg({ type: UpdateProviderKeyInput, required: true, description: 'What changes.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => identified(rooms.providerKeys.update(principal, input))),
  }),
  removeProviderKey: t.field({
    type: RemoveProviderKeyResult,
    nullable: true,
    authScopes,
    description:
      'Removes a provider key with its credential: no request begins on it any more, on every ' +
      'node within a second. Needs KEYS_WRITE.',
    args: { id: t.arg.id({ required: true, description: 'The provider key.' }) },
    resolve: (_root, { id }, { rooms, principal }) =>
      caught(() => rooms.providerKeys.remove(principal, id)),
  }),
}));
