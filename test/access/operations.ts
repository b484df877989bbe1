import { type Caller, invite, join, keyOf } from './callers.ts';
import { addProviderKey, model, offerAgain, type Target, type Town } from './town.ts';

/** One operation as everybody asks it. */
export interface Operation {
  /** What the schema calls it: the row of the table. */
  readonly name: string;
  readonly text: string;
  readonly variables?: (target: Target, town: Town) => object;
  /** Makes what this one uses up, for the next caller. */
  readonly prepare?: (town: Town, caller: Caller) => Promise<Partial<Target>>;
  /** Makes something happen that a feed tells of. */
  readonly stir?: (town: Town, caller: Caller) => Promise<unknown>;
  /** Puts back what this one took away, where it was answered. */
  readonly undo?: (town: Town, caller: Caller) => Promise<unknown>;
}

const shown = '{ __typename ... on Error { code } }';
const once = () => crypto.randomUUID();

// ───────── queries ─────────

const query = (name: string, text: string, variables?: Operation['variables']): Operation => ({
  name: `Query.${name}`,
  text: `query ${text}`,
  ...(variables ? { variables } : {}),
});

const input = `{ model: "sandbox/echo", maxTokens: 5
  messages: [{ role: USER, content: "Hi" }], organizationId: $organizationId }`;
const inOrganization = ({ organizationId }: Target) => ({ organizationId });

const queries: readonly Operation[] = [
  query('catalogChanges', '{ catalogChanges { __typename } }'),
  query('completion', '($id: ID!) { completion(id: $id) { __typename } }', (target) => ({
    id: target.completionId,
  })),
  query(
    'estimateCost',
    `($organizationId: ID) { estimateCost(input: { models: ["sandbox/echo"], maxTokens: 5
      messages: [{ role: USER, content: "Hi" }], organizationId: $organizationId }) {
      __typename } }`,
    inOrganization,
  ),
  query('leaderboard', '{ leaderboard(subject: MODEL) { __typename } }'),
  query('model', `{ model(slug: "${model}") { __typename } }`),
  query('modelFacets', '{ modelFacets { __typename } }'),
  query('models', '{ models { __typename } }'),
  query(
    'organization',
    '($slug: String!) { organization(slug: $slug) { __typename } }',
    (target) => ({
      slug: target.slug,
    }),
  ),
  query('organizations', '{ organizations { __typename } }'),
  query('platform', '{ platform { __typename } }'),
  query('provider', '{ provider(slug: "access") { __typename } }'),
  query('providers', '{ providers { __typename } }'),
  query('rankings', '{ rankings { __typename } }'),
  query('rateLimit', '{ rateLimit { __typename } }'),
  query(
    'routePlan',
    `($organizationId: ID) { routePlan(input: {
      model: "sandbox/echo", organizationId: $organizationId }) { __typename } }`,
    inOrganization,
  ),
  query('viewer', '{ viewer { __typename } }'),
];

// ───────── by id, and what is within ─────────

const nodes: Readonly<Record<string, keyof Target | keyof Market>> = {
  ApiKey: 'apiKeyId',
  AuditEvent: 'auditEventId',
  Completion: 'completionId',
  CreditAccount: 'accountId',
  CreditPurchase: 'purchaseId',
  Endpoint: 'endpointId',
  Invitation: 'invitationId',
  LedgerEntry: 'entryId',
  Membership: 'membershipId',
  Model: 'modelId',
  Organization: 'organizationId',
  Provider: 'providerId',
  ProviderKey: 'providerKeyId',
  User: 'userId',
};

type Market = Pick<Town, 'endpointId' | 'modelId' | 'providerId'>;

const idOf = (target: Target, town: Town, name: keyof Target | keyof Market) =>
  name in target ? target[name as keyof Target] : town[name as keyof Market];

const byId: readonly Operation[] = Object.entries(nodes).flatMap(([type, id]) => [
  {
    name: `node(id:) of ${type}`,
    text: 'query ($id: ID!) { node(id: $id) { __typename } }',
    variables: (target: Target, town: Town) => ({ id: idOf(target, town, id) }),
  },
]);

const several: Operation = {
  name: 'Query.nodes',
  text: 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }',
  variables: ({ organizationId, apiKeyId }) => ({ ids: [organizationId, apiKeyId] }),
};

export const organizationFields = [
  ...['apiKeys', 'auditLog', 'completions', 'createdAt', 'credits', 'id', 'invitations', 'members'],
  ...['name', 'policy', 'providerKeys', 'retainContentDays', 'slug', 'usage'],
  ...['viewerPermissions', 'viewerRole'],
] as const;

const scalars = /^(createdAt|id|name|retainContentDays|slug|viewerPermissions|viewerRole)$/;

const ofOrganization: readonly Operation[] = organizationFields.map((field) => ({
  name: `Organization.${field}`,
  text: `query ($slug: String!) { organization(slug: $slug) {
    ${scalars.test(field) ? field : `${field} { __typename }`} } }`,
  variables: ({ slug }) => ({ slug }),
}));

const within: readonly Operation[] = [
  {
    name: "Completion.text of a colleague's, where it is kept",
    text: 'query ($id: ID!) { completion(id: $id) { text } }',
    variables: ({ completionId: id }) => ({ id }),
  },
  { name: 'Platform.auditLog', text: 'query { platform { auditLog { __typename } } }' },
];

// ───────── mutations ─────────

interface Written {
  readonly declares: string;
  readonly call: string;
  readonly variables?: NonNullable<Operation['variables']>;
  readonly prepare?: NonNullable<Operation['prepare']>;
  readonly undo?: NonNullable<Operation['undo']>;
}

function mutation(name: string, { declares, call, ...rest }: Written): Operation {
  const variables = declares ? `(${declares})` : '';
  return {
    name: `Mutation.${name}`,
    text: `mutation ${variables} { ${name}(${call}) ${shown} }`,
    ...rest,
  };
}

const forOrganization = (name: string, fields: string): Operation =>
  mutation(name, {
    declares: '$organizationId: ID!',
    call: `input: { organizationId: $organizationId, ${fields} }`,
    variables: inOrganization,
  });

const ofPlatform = (name: string, fields: string): Operation =>
  mutation(name, { declares: '', call: `input: { ${fields} }` });

const movement = 'amount: "0.01", reason: "r"';
const keyed = {
  declares: '$organizationId: ID!, $once: String!',
  call: `input: { organizationId: $organizationId, ${movement}, idempotencyKey: $once }`,
  variables: ({ organizationId }: Target) => ({ organizationId, once: once() }),
};

const mutations: readonly Operation[] = [
  mutation('acceptInvitation', {
    declares: '$token: String!',
    call: 'token: $token',
    variables: () => ({ token: 'a-token-that-was-made-for-somebody-else-or-nobody' }),
  }),
  mutation('addProviderKey', {
    declares: '$organizationId: ID!, $secret: String!',
    call: `input: { organizationId: $organizationId, provider: "access", name: "k", secret: $secret }`,
    variables: ({ organizationId }) => ({ organizationId, secret: once() }),
  }),
  mutation('adjustCredits', keyed),
  mutation('cancelCompletion', {
    declares: '$id: ID!',
    call: 'id: $id',
    variables: ({ completionId: id }) => ({ id }),
  }),
  mutation('complete', {
    declares: '$organizationId: ID',
    call: `input: ${input}`,
    variables: inOrganization,
  }),
  forOrganization('createApiKey', 'name: "k"'),
  mutation('createOrganization', {
    declares: '$name: String!',
    call: 'input: { name: $name }',
    variables: () => ({ name: once() }),
  }),
  mutation('embed', {
    declares: '$organizationId: ID',
    call: 'input: { model: "sandbox/embed", input: ["Hi"], organizationId: $organizationId }',
    variables: inOrganization,
  }),
  mutation('grantCredits', keyed),
  forOrganization('inviteMember', 'email: "somebody@example.com", role: VIEWER'),
  mutation('leaveOrganization', {
    declares: '$id: ID!',
    call: 'organizationId: $id',
    variables: ({ organizationId: id }) => ({ id }),
    undo({ admin, target: { organizationId } }, caller) {
      const role = caller.email?.split('@')[0]?.toUpperCase() ?? '';
      return join(admin, caller, { organizationId, role });
    },
  }),
  forOrganization('purchaseCredits', 'amount: "10"'),
  mutation('refundCompletion', {
    declares: '$id: ID!, $once: String!',
    call: 'input: { completionId: $id, amount: "0.000000000001", reason: "r", idempotencyKey: $once }',
    variables: ({ completionId: id }) => ({ id, once: once() }),
  }),
  mutation('removeEndpoint', {
    declares: '$id: ID!',
    call: 'id: $id',
    variables: (_target, { endpointId: id }) => ({ id }),
    undo: ({ app }) => offerAgain(app),
  }),
  mutation('removeMember', {
    declares: '$id: ID!',
    call: 'membershipId: $id',
    variables: ({ membershipId: id }) => ({ id }),
    undo: ({ admin, spare, target: { organizationId } }) =>
      join(admin, spare, { organizationId, role: 'VIEWER' }),
  }),
  mutation('removeProviderKey', {
    declares: '$id: ID!',
    call: 'id: $id',
    variables: ({ providerKeyId: id }) => ({ id }),
    async prepare({ admin, target: { organizationId } }) {
      const { providerKey } = await addProviderKey(admin, organizationId);
      return { providerKeyId: providerKey.id };
    },
  }),
  mutation('revokeApiKey', {
    declares: '$id: ID!',
    call: 'id: $id',
    variables: ({ apiKeyId: id }) => ({ id }),
    async prepare({ admin, target: { organizationId } }) {
      const { id } = await keyOf(admin, { organizationId, kind: 'INFERENCE' });
      return { apiKeyId: id };
    },
  }),
  mutation('revokeInvitation', {
    declares: '$id: ID!',
    call: 'id: $id',
    variables: ({ invitationId: id }) => ({ id }),
    async prepare({ admin, target: { organizationId } }) {
      const asked = { organizationId, email: `${once()}@example.com`, role: 'VIEWER' };
      return { invitationId: (await invite(admin, asked)).invitation.id };
    },
  }),
  mutation('rotateApiKey', {
    declares: '$id: ID!',
    call: 'id: $id',
    variables: ({ apiKeyId: id }) => ({ id }),
  }),
  mutation('setAlertThresholds', {
    declares: '$id: ID!',
    call: 'organizationId: $id, thresholds: ["1"]',
    variables: ({ organizationId: id }) => ({ id }),
  }),
  forOrganization('setAutoTopUp', 'threshold: null'),
  mutation('setEndpointEnabled', {
    declares: '$id: ID!',
    call: 'id: $id, enabled: true',
    variables: (_target, { endpointId: id }) => ({ id }),
  }),
  mutation('startCompletion', {
    declares: '$organizationId: ID',
    call: `input: ${input}`,
    variables: inOrganization,
  }),
  mutation('updateApiKey', {
    declares: '$id: ID!',
    call: 'input: { id: $id, name: "n" }',
    variables: ({ apiKeyId: id }) => ({ id }),
  }),
  mutation('updateMember', {
    declares: '$id: ID!',
    call: 'input: { membershipId: $id, monthlyBudget: "5" }',
    variables: ({ membershipId: id }) => ({ id }),
  }),
  mutation('updateOrganization', {
    declares: '$id: ID!',
    call: 'input: { id: $id, name: "Ours" }',
    variables: ({ organizationId: id }) => ({ id }),
  }),
  mutation('updateProviderKey', {
    declares: '$id: ID!',
    call: 'input: { id: $id, name: "n" }',
    variables: ({ providerKeyId: id }) => ({ id }),
  }),
  forOrganization('updateRoutingPolicy', 'deniedProviders: []'),
  ofPlatform(
    'upsertEndpoint',
    `model: "${model}", provider: "access", upstreamModel: "stub"
     pricing: { promptPerToken: "0.001", completionPerToken: "0.002" }`,
  ),
  ofPlatform('upsertModel', `slug: "${model}", name: "One", author: "access", contextLength: 1000`),
  ofPlatform('upsertProvider', 'slug: "access", name: "Access", connector: "openai-compatible"'),
];

// ───────── subscriptions ─────────

const subscription = (
  name: string,
  text: string,
  variables?: Operation['variables'],
): Operation => ({
  name: `Subscription.${name}`,
  text: `subscription ${text}`,
  ...(variables ? { variables } : {}),
});

const running = `mutation ($organizationId: ID) { complete(input: ${input}) { __typename } }`;

const failed = '{ __typename ... on CompletionFailed { error { code } } }';

const subscriptions: readonly Operation[] = [
  subscription(
    'catalogChanges',
    '($after: String) { catalogChanges(after: $after) { __typename } }',
    (_target, { cursor: after }) => ({ after }),
  ),
  subscription(
    'compareCompletions',
    `($organizationId: ID) { compareCompletions(models: ["sandbox/echo", "sandbox/markov"]
      input: { maxTokens: 5, messages: [{ role: USER, content: "Hi" }]
        organizationId: $organizationId }) { __typename event ${failed} } }`,
    inOrganization,
  ),
  subscription(
    'completion',
    `($organizationId: ID) { completion(input: ${input}) ${failed} }`,
    inOrganization,
  ),
  {
    ...subscription(
      'completions',
      '($organizationId: ID!) { completions(organizationId: $organizationId) { __typename } }',
      inOrganization,
    ),
    async stir({ admin, target }, caller) {
      await admin.ask(running, inOrganization(target));
      await caller.ask(running, inOrganization(target));
    },
  },
  subscription(
    'creditAccount',
    '($organizationId: ID!) { creditAccount(organizationId: $organizationId) { __typename } }',
    inOrganization,
  ),
  subscription('providerMetrics', '{ providerMetrics { __typename } }'),
  subscription('rankings', '{ rankings { __typename } }'),
  subscription(
    'resumeCompletion',
    `($id: ID!) { resumeCompletion(id: $id) ${failed} }`,
    (target) => ({
      id: target.completionId,
    }),
  ),
];

export const operations: readonly Operation[] = [
  ...queries,
  several,
  ...byId,
  ...ofOrganization,
  ...within,
  ...mutations,
  ...subscriptions,
];
