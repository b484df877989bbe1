/**
 * Who the credentials are. Everything here is read from memory: admitting a request costs no query.
 */
export type Principal = Anonymous | KeyPrincipal | UserPrincipal;

export interface Anonymous {
  readonly kind: 'anonymous';
}

export interface KeyPrincipal {
  readonly kind: 'apiKey';
  readonly apiKey: ApiKey;
  readonly organization: Organization;
  /** Keyed hash of the secret that was given: when that one is replaced, so is what it opened. */
  readonly secretHash: string;
}

/**
 * A signed-in person; `platformAdmin` is the owner of ADMIN_KEY, to whom every organization is
 * open.
 */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly userId: string;
  readonly platformAdmin: boolean;
  /** The session of the cookie that was given; absent for ADMIN_KEY. */
  readonly sessionId?: string;
}

export const anonymous: Anonymous = { kind: 'anonymous' };

/** An API key as the hot path needs it: no secret, no hash. */
export interface ApiKey {
  readonly id: string;
  readonly organizationId: string;
  readonly membershipId: string | null;
  readonly name: string;
  readonly kind: 'INFERENCE' | 'MANAGEMENT';
  readonly hint: string;
  /** 10⁻¹² US dollar per period; null without a limit. */
  readonly creditLimit: bigint | null;
  readonly limitPeriod: 'NONE' | 'DAILY' | 'WEEKLY' | 'MONTHLY';
  /** How often a limit began anew: was set where none was, or counted by another period. */
  readonly limitNumber: number;
  readonly requestsPerMinute: number | null;
  /** Patterns like `anthropic/*`; null allows all, an empty list nothing. */
  readonly allowedModels: readonly string[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly disabled: boolean;
}

export interface Organization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly retainContentDays: number;
  readonly policy: RoutingPolicy;
}

/** What the organization forbids to all its requests. Null allows all, an empty list nothing. */
export interface RoutingPolicy {
  readonly allowedModels: readonly string[] | null;
  readonly allowedProviders: readonly string[] | null;
  readonly deniedProviders: readonly string[] | null;
  readonly allowTraining: boolean;
  readonly requireZeroRetention: boolean;
  /** 10⁻¹⁸ US dollar per token; null without a ceiling. */
  readonly maxPromptPrice: bigint | null;
  readonly maxCompletionPrice: bigint | null;
}

export const openPolicy: RoutingPolicy = {
  allowedModels: null,
  allowedProviders: null,
  deniedProviders: null,
  allowTraining: true,
  requireZeroRetention: false,
  maxPromptPrice: null,
  maxCompletionPrice: null,
};

export type Role = 'OWNER' | 'ADMIN' | 'BILLING' | 'DEVELOPER' | 'VIEWER';

/** A person in an organization; one who left has none. */
export interface Membership {
  readonly id: string;
  readonly organizationId: string;
  readonly userId: string;
  readonly role: Role;
  /** Of each calendar month, UTC, 10⁻¹² US dollar; null without one. */
  readonly monthlyBudget: bigint | null;
  /** How often a budget was set where none was. */
  readonly budgetNumber: number;
}

/**
 * Who pays for a completion: an organization, and the key and member whose limits it also spends.
 */
export interface Payer {
  readonly organization: Organization;
  readonly apiKey: ApiKey | null;
  /** Keyed hash of the key's secret that was given; null when no key is used. */
  readonly secretHash: string | null;
  readonly membershipId: string | null;
  /** The person, when no key is used. */
  readonly userId: string | null;
  /** The member's budget per calendar month, 10⁻¹² US dollar; null without one. */
  readonly monthlyBudget: bigint | null;
  /** How often that budget was set where none was. */
  readonly budgetNumber: number;
}
