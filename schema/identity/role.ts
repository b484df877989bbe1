import type { Permission } from '#identity';
import { describedEnum } from '../described.ts';

export const RoleRef = describedEnum('Role', 'What a member may do in an organization.', {
  OWNER: 'Everything.',
  ADMIN: 'Everything, except changing owners or leaving the organization without one.',
  BILLING: 'Credits, ledger, usage, statements.',
  DEVELOPER: "Own keys, completions, usage, members' names.",
  VIEWER: 'Usage and completions without content.',
});

const permissionTexts: Record<Permission, string> = {
  MEMBERS_READ: 'See who is a member.',
  MEMBERS_WRITE: 'Invite, change and remove members.',
  KEYS_READ: 'See all keys.',
  KEYS_WRITE: 'Make, change and revoke all keys.',
  KEYS_WRITE_OWN: 'Make, change and revoke own keys.',
  CREDITS_READ: 'See the credit account and its ledger.',
  CREDITS_WRITE: 'Buy credits.',
  POLICY_WRITE: 'Change the routing policy.',
  CONTENT_READ: "Read others' prompts and answers, where they are kept.",
  COMPLETIONS_READ: 'See completions and usage.',
  COMPLETIONS_RUN: 'Run completions.',
  AUDIT_READ: 'Read the audit log.',
  ORGANIZATION_WRITE: 'Change the organization.',
};

export const PermissionRef = describedEnum(
  'Permission',
  'One thing that a caller may do.',
  permissionTexts,
);
