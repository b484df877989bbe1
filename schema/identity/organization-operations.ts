import type { Organization } from '#identity';
import { builder } from '../builder.ts';
import { caught } from '../failures.ts';
import { resultUnion } from '../results.ts';
import { written } from '../rows/written.ts';
import { OrganizationRef } from './organization.ts';

const CreateOrganizationInput = builder.inputType('CreateOrganizationInput', {
  description: 'A new organization, owned by the person who makes it.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name for people, 1 to 100 characters.' }),
    slug: t.string({
      description:
        'Name for programs: lower-case letters, digits, hyphens; CONFLICT when it is taken. ' +
        'When absent, a free one is made from the name.',
    }),
  }),
});

const UpdateOrganizationInput = builder.inputType('UpdateOrganizationInput', {
  description: 'What changes. An absent field stays; none of them can be cleared.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The organization.' }),
    name: t.string({ description: 'Name for people, 1 to 100 characters.' }),
    retainContentDays: t.int({
      description: 'Days for which prompts and answers are kept, 0 to 3650; 0 keeps none.',
    }),
    slug: t.string({
      description:
        'Name for programs: lower-case letters, digits, hyphens. The old one is free at once.',
    }),
  }),
});

function payloadOf(name: string, description: string) {
  return builder.objectRef<Organization>(name).implement({
    description,
    fields: (t) => ({
      organization: t.prismaField({
        type: OrganizationRef,
        description: 'Its state after the change.',
        resolve: async (query, { id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.organization.findFirst({ ...query, where: { id } })),
      }),
    }),
  });
}

const CreateOrganizationResult = resultUnion({
  name: 'CreateOrganizationResult',
  payload: payloadOf('CreateOrganizationPayload', 'The organization was made.'),
});
const UpdateOrganizationResult = resultUnion({
  name: 'UpdateOrganizationResult',
  payload: payloadOf('UpdateOrganizationPayload', 'The organization was changed.'),
});

const authScopes = { authenticated: true };

builder.mutationFields((t) => ({
  createOrganization: t.field({
    type: CreateOrganizationResult,
    nullable: true,
    authScopes,
    description: 'Makes an organization, owned by the person who asks. Not for keys.',
    args: {
      input: t.arg({ type: CreateOrganizationInput, required: true, description: 'Which one.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => rooms.identity.createOrganization(principal, input)),
  }),
  updateOrganization: t.field({
    type: UpdateOrganizationResult,
    nullable: true,
    authScopes,
    description: 'Renames it, or says for how long it keeps content. Needs ORGANIZATION_WRITE.',
    args: {
      input: t.arg({ type: UpdateOrganizationInput, required: true, description: 'What changes.' }),
    },
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(() => rooms.identity.updateOrganization(principal, input)),
  }),
}));
