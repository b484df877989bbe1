import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import PrismaPlugin from '@pothos/plugin-prisma';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { credentialNeeded, type Permission, permissionNeeded } from '#identity';
import { Fault } from '#kernel';
import { getDatamodel, type PrismaTypes } from '#storage';
import type { Context } from './context.ts';

/** An organization, and what the caller must be allowed to do in it: one of these suffices. */
export interface OrganizationScope {
  readonly organizationId: string;
  readonly anyOf: readonly Permission[];
}

export interface SchemaShape {
  PrismaTypes: PrismaTypes;
  Context: Context;
  DefaultFieldNullability: false;
  AuthScopes: {
    /** Somebody: a key or a person. */
    authenticated: boolean;
    platformAdmin: boolean;
    /** Not an INFERENCE key, which sees three names of its organization. */
    beyondInference: boolean;
    organization: OrganizationScope;
  };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Decimal: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    SafeInt: { Input: number; Output: number };
    URL: { Input: string; Output: string };
  };
}

/**
 * The one schema builder. The order of the plugins is the order of their wrapping, outermost first:
 * what an operation costs, who may, then the database. A field's refusal is thrown as a Fault and
 * stays a GraphQL error; in the subscriptions it comes before the source is started, because
 * starting one of them costs money.
 */
export const builder = new SchemaBuilder<SchemaShape>({
  plugins: [ComplexityPlugin, ScopeAuthPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  complexity: { defaultComplexity: 1, defaultListMultiplier: 10 },
  prisma: {
    // Only for what one query cannot hold, such as a relation under two aliases with different
    // arguments.
    client: (context) => context.rooms.storage.prisma,
    dmmf: getDatamodel(),
    onUnusedQuery: 'error',
  },
  scopeAuth: {
    authorizeOnSubscribe: true,
    treatErrorsAsUnauthorized: false,
    // Each refuses by itself, since it alone can say who may.
    authScopes: (context) => ({
      authenticated: () => isSomebody(context),
      platformAdmin: () => isPlatformAdmin(context) || refuse(context, forAdministrators()),
      beyondInference: () => !isInference(context) || refuse(context, notForInference()),
      organization: (scope) => mayIn(context, scope),
    }),
  },
});

export function isPlatformAdmin({ principal }: Context): boolean {
  return principal.kind === 'user' && principal.platformAdmin;
}

const isInference = ({ principal }: Context) =>
  principal.kind === 'apiKey' && principal.apiKey.kind === 'INFERENCE';

function mayIn(context: Context, { organizationId, anyOf }: OrganizationScope): boolean {
  const granted = context.rooms.identity.permissions(context.principal, organizationId);
  if (anyOf.some((permission) => granted?.has(permission))) return true;
  return refuse(context, permissionNeeded(anyOf));
}

function isSomebody({ principal }: Context): true {
  if (principal.kind === 'anonymous') throw credentialNeeded();
  return true;
}

/** Whoever is nobody has to say first who they are. */
function refuse(context: Context, fault: Fault): never {
  isSomebody(context);
  throw fault;
}

const forAdministrators = () =>
  new Fault('FORBIDDEN', {
    public: 'This is for platform administrators: sign in as one, or send ADMIN_KEY.',
  });

const notForInference = () =>
  new Fault('FORBIDDEN', { public: 'This takes a MANAGEMENT key, or a person.' });
