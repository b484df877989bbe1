import type { Principal } from './access/principal.ts';
import { createApiKey, revokeApiKey } from './keys/api-keys.ts';
import { rotateApiKey, updateApiKey } from './keys/change-api-key.ts';
import { acceptInvitation } from './organizations/accept-invitation.ts';
import { updateOrganization } from './organizations/change-organization.ts';
import { inviteMember, revokeInvitation } from './organizations/invitations.ts';
import { leaveOrganization, removeMember, updateMember } from './organizations/members.ts';
import { createOrganization } from './organizations/organizations.ts';
import { updateRoutingPolicy } from './organizations/routing-policy.ts';
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
