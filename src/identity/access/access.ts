import { Fault } from '#kernel';
import { idIssues, refuseIfAny } from '../input-issues.ts';
import type { Directory } from './directory.ts';
import {
  administratorPermissions,
  noPermissions,
  type Permission,
  type Permissions,
  permissionNeeded,
  permissionsOfKey,
  permissionsOfRole,
} from './permissions.ts';
import type { Organization, Payer, Principal, Role } from './principal.ts';

/** Who may do what where, decided from memory alone. */
export class Access {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** What the principal may do there; null when it is not to know that the organization exists. */
  permissions(principal: Principal, organizationId: string): Permissions | null {
    if (!this.#directory.organizations.get(organizationId)) return null;
    switch (principal.kind) {
      case 'anonymous':
        return null;
      case 'apiKey':
        if (principal.organization.id !== organizationId) return null;
        return permissionsOfKey(principal.apiKey.kind);
      case 'user': {
        if (principal.platformAdmin) return administratorPermissions;
        const membership = this.#directory.membershipOf(principal.userId, organizationId);
        return membership ? permissionsOfRole(membership.role) : null;
      }
    }
  }

  /** The principal's role there; null for keys and for who is no member. */
  role(principal: Principal, organizationId: string): Role | null {
    if (principal.kind !== 'user') return null;
    return this.#directory.membershipOf(principal.userId, organizationId)?.role ?? null;
  }

  /** Whether the principal may list the members of an organization that this person is in. */
  listsMember(principal: Principal, userId: string): boolean {
    for (const { organizationId } of this.#directory.membershipsOf(userId)) {
      if (this.may(principal, organizationId, 'MEMBERS_READ')) return true;
    }
    return false;
  }

  may(principal: Principal, organizationId: string, permission: Permission): boolean {
    return (this.permissions(principal, organizationId) ?? noPermissions).has(permission);
  }

  /**
   * The organization, when the principal has one of these permissions there. Faults:
   * UNAUTHENTICATED without a credential; NOT_FOUND for another tenant's organization, as for one
   * that does not exist; FORBIDDEN.
   */
  demand(principal: Principal, organizationId: string, ...anyOf: Permission[]): Organization {
    if (principal.kind === 'anonymous') throw credentialNeeded();
    const organization = this.visibleOrganization(principal, organizationId);
    if (!organization) throw organizationNotFound();
    if (!anyOf.some((permission) => this.may(principal, organization.id, permission))) {
      throw permissionNeeded(anyOf, organization.slug);
    }
    return organization;
  }

  /** By id or slug; null when it does not exist for this principal. */
  visibleOrganization(principal: Principal, slugOrId: string): Organization | null {
    const { organizations } = this.#directory;
    const organization = organizations.get(slugOrId) ?? organizations.named(slugOrId);
    return organization && this.permissions(principal, organization.id) ? organization : null;
  }

  /**
   * Who pays for a completion. A key pays from its own organization; a person names one in which
   * they may run completions, the platform administrator any. `organizationId` is the input's field
   * of that name.
   */
  payer(principal: Principal, organizationId?: string | null): Payer {
    if (principal.kind === 'anonymous') throw credentialNeeded();
    const id = organizationId ?? (principal.kind === 'apiKey' ? principal.organization.id : null);
    if (id === null) throw organizationNeeded();
    if (principal.kind === 'apiKey' && principal.apiKey.kind === 'MANAGEMENT') {
      throw new Fault('FORBIDDEN', {
        public: 'A MANAGEMENT key runs no completions. Use an INFERENCE key.',
      });
    }
    refuseIfAny(idIssues('organization', 'input.organizationId', id));
    return this.#payerIn(this.demand(principal, id, 'COMPLETIONS_RUN'), principal);
  }

  #payerIn(
    organization: Organization,
    principal: Exclude<Principal, { kind: 'anonymous' }>,
  ): Payer {
    const { memberships } = this.#directory;
    const [apiKey, userId] =
      principal.kind === 'apiKey' ? [principal.apiKey, null] : [null, principal.userId];
    const secretHash = principal.kind === 'apiKey' ? principal.secretHash : null;
    const membership = apiKey
      ? memberships.get(apiKey.membershipId ?? '')
      : this.#directory.membershipOf(userId ?? '', organization.id);
    return {
      organization,
      apiKey,
      secretHash,
      membershipId: membership?.id ?? null,
      userId,
      monthlyBudget: membership?.monthlyBudget ?? null,
      budgetNumber: membership?.budgetNumber ?? 0,
    };
  }
}

export const memberNotFound = () => new Fault('NOT_FOUND', { public: 'There is no such member.' });

export function organizationNotFound(): Fault {
  return new Fault('NOT_FOUND', { public: 'There is no such organization.' });
}

export function credentialNeeded(): Fault {
  return new Fault('UNAUTHENTICATED', {
    public: 'This needs a credential. Send an API key as "Authorization: Bearer <key>".',
  });
}

function organizationNeeded(): Fault {
  return new Fault('FORBIDDEN', {
    public:
      'A person has no credits. Use an INFERENCE key of the organization that pays; over ' +
      'GraphQL, a person can name it in input.organizationId.',
  });
}
