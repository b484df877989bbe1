import { acceptInvitation } from './accept-invitation.ts';
import { createApiKey, revokeApiKey } from './api-keys.ts';
import { rotateApiKey, updateApiKey } from './change-api-key.ts';
import { updateOrganization } from './change-organization.ts';
import { inviteMember, revokeInvitation } from './invitations.ts';
import { leaveOrganization, removeMember, updateMember } from './members.ts';
import { createOrganization } from './organizations.ts';
import type { Principal } from './principal.ts';
import { updateRoutingPolicy } from './routing-policy.ts';
import type { Writing } from './writing.ts';

type Step<Input, Result> = (
  writing: Writing,
  principal: Principal,
  input: Input,
) => Promise<Result>;

/** Everything that changes something, each done by the principal as it stands now. */
export type Acts = ReturnType<typeof openActs>;

export function openActs(writing: Writing, current: (principal: Principal) => Principal) {
  const act =
    <Input, Result>(step: Step<Input, Result>) =>
    async (principal: Principal, input: Input): Promise<Result> =>
      step(writing, current(principal), input);
  return {
    createOrganization: act(createOrganization),
    updateOrganization: act(updateOrganization),
    inviteMember: act(inviteMember),
    acceptInvitation: act(acceptInvitation),
    revokeInvitation: act(revokeInvitation),
    updateMember: act(updateMember),
    removeMember: act(removeMember),
    leaveOrganization: act(leaveOrganization),
    createApiKey: act(createApiKey),
    updateApiKey: act(updateApiKey),
    rotateApiKey: act(rotateApiKey),
    revokeApiKey: act(revokeApiKey),
    updateRoutingPolicy: act(updateRoutingPolicy),
  };
}
