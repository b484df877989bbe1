/** What one mutation is given to be told what is wrong with it. */
export interface WrongValues {
  /** By the path of a field, a value that it does not take. */
  readonly wrong: Readonly<Record<string, unknown>>;
  /** What has to stand beside them. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** Fields that take any value of their type, and names that lead to something or to NOT_FOUND. */
  readonly any?: readonly string[];
}

const under = (at: string, values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${at}.${name}`, value]));

const input = (values: Readonly<Record<string, unknown>>) => under('input', values);

const noId = 'nobody';
const past = '2020-01-01T00:00:00Z';
const noKey = 'two\nlines';
const alone = (field: string): WrongValues => ({ wrong: { [field]: noId } });

const preferences = under('provider', {
  'order.0': '',
  'only.0': '',
  'ignore.0': '',
  'quantizations.0': '',
  maxPromptPricePerMillion: 'dear',
  maxCompletionPricePerMillion: '-1',
  maxTimeToFirstTokenMs: -1,
  minTokensPerSecond: -1,
  hedgeAfterMs: -1,
});

const completion: WrongValues = {
  wrong: input({
    organizationId: noId,
    model: '',
    'fallbackModels.0': '',
    'messages.0.name': '',
    'messages.0.cacheControl.ttl': '9h',
    'messages.1.parts.0.imageUrl': 'ftp://example.com/cat.png',
    'messages.1.parts.1.audio.data': '!',
    'messages.1.parts.1.audio.mediaType': 'sound',
    'messages.1.parts.2.file.data': '!',
    'messages.1.parts.2.file.mediaType': 'paper',
    'messages.2.toolCallId': 'call',
    maxTokens: 0,
    temperature: 3,
    topP: 2,
    topK: -1,
    minP: 2,
    frequencyPenalty: 3,
    presencePenalty: 3,
    repetitionPenalty: 3,
    'stop.0': '',
    logitBias: 5,
    'tools.0.name': 'two words',
    'tools.0.parameters': 5,
    toolChoice: 'nothing',
    'responseFormat.schema': {},
    'reasoning.maxTokens': 0,
    metadata: 5,
    user: '',
    sessionId: '',
    idempotencyKey: noKey,
    'app.name': '',
    'app.url': 'somewhere',
    ...preferences,
  }),
  given: input({
    'messages.0.role': 'USER',
    'messages.0.content': 'Hi',
    'messages.1.role': 'USER',
    'messages.2.role': 'USER',
    'messages.2.content': 'Hi',
    'responseFormat.type': 'TEXT',
  }),
  any: [
    'input.seed',
    'input.messages.*.content',
    'input.messages.*.parts.*.text',
    'input.messages.*.parts.*.audio.filename',
    'input.messages.*.parts.*.file.filename',
    'input.messages.*.reasoningDetails',
    'input.messages.*.toolCalls.*.id',
    'input.messages.*.toolCalls.*.name',
    'input.messages.*.toolCalls.*.arguments',
    'input.tools.*.description',
    'input.responseFormat.name',
  ],
};

const movement = { amount: 'much', reason: ' ', idempotencyKey: '' };

const policy = {
  'allowedModels.0': '!',
  'allowedProviders.0': '!',
  'deniedProviders.0': '!',
  maxPromptPricePerMillion: 'dear',
  maxCompletionPricePerMillion: '-1',
};

const keySettings = {
  name: '',
  creditLimit: 'none',
  requestsPerMinute: 0,
  'allowedModels.0': '!',
  expiresAt: past,
};

const prices = under('pricing', {
  promptPerToken: 'dear',
  completionPerToken: '-1',
  cacheReadPerToken: '1e3',
  cacheWritePerToken: '',
  cacheWriteHourPerToken: '',
  reasoningPerToken: 'dear',
  perImage: 'dear',
  perRequest: 'dear',
});

/** For each mutation, every field of its arguments: a mutation or field without a row fails. */
export const wrongValues: Readonly<Record<string, WrongValues>> = {
  acceptInvitation: { wrong: {}, any: ['token'] },
  addProviderKey: {
    wrong: input({ organizationId: noId, name: '', secret: '' }),
    given: input({ provider: 'sandbox' }),
    any: ['input.provider'],
  },
  adjustCredits: { wrong: input({ organizationId: noId, ...movement }) },
  cancelCompletion: alone('id'),
  complete: completion,
  createApiKey: {
    wrong: input({ organizationId: noId, membershipId: noId, ...keySettings }),
  },
  createOrganization: { wrong: input({ name: '', slug: 'Two Words' }) },
  embed: {
    wrong: input({
      organizationId: noId,
      model: '',
      'input.0': '',
      dimensions: 0,
      user: '',
      idempotencyKey: noKey,
      ...preferences,
    }),
  },
  grantCredits: { wrong: input({ organizationId: noId, ...movement }) },
  inviteMember: {
    wrong: input({ organizationId: noId, email: 'nobody' }),
    given: input({ role: 'VIEWER' }),
  },
  leaveOrganization: alone('organizationId'),
  purchaseCredits: {
    wrong: input({
      organizationId: noId,
      amount: 'much',
      returnUrl: 'somewhere',
      idempotencyKey: '',
    }),
  },
  refundCompletion: { wrong: input({ completionId: noId, ...movement }) },
  removeEndpoint: alone('id'),
  removeMember: alone('membershipId'),
  removeProviderKey: alone('id'),
  revokeApiKey: alone('id'),
  revokeInvitation: alone('id'),
  rotateApiKey: { wrong: { id: noId, graceSeconds: -1 } },
  setAlertThresholds: { wrong: { organizationId: noId, 'thresholds.0': '-1' } },
  setAutoTopUp: {
    wrong: input({
      organizationId: noId,
      threshold: 'low',
      amount: '0.001',
      monthlyMaximum: 'most',
    }),
  },
  setEndpointEnabled: { wrong: { id: noId }, given: { enabled: true } },
  startCompletion: completion,
  updateApiKey: { wrong: input({ id: noId, ...keySettings }) },
  updateMember: { wrong: input({ membershipId: noId, monthlyBudget: '-1' }) },
  updateOrganization: {
    wrong: input({ id: noId, name: '', slug: 'Two Words', retainContentDays: -1 }),
  },
  updateProviderKey: { wrong: input({ id: noId, name: '', secret: '' }) },
  updateRoutingPolicy: { wrong: input({ organizationId: noId, ...policy }) },
  upsertEndpoint: {
    wrong: input({
      upstreamModel: '',
      contextLength: 0,
      maxOutputTokens: 0,
      quantization: '',
      'supportedParameters.0': 'A Word',
      connectTimeoutMs: 0,
      firstContentTimeoutMs: 0,
      idleTimeoutMs: 0,
      totalTimeoutMs: 0,
      ...prices,
    }),
    given: input({ model: 'sandbox/echo', provider: 'sandbox' }),
    any: ['input.model', 'input.provider'],
  },
  upsertModel: {
    wrong: input({
      slug: 'One',
      name: '',
      author: '',
      description: '',
      contextLength: 0,
      maxOutputTokens: 0,
      'supportedParameters.0': 'A Word',
      'aliases.0': 'A Word',
      knowledgeCutoff: 'lately',
    }),
    any: ['input.createdAt', 'input.deprecatedAt'],
  },
  upsertProvider: {
    wrong: input({
      slug: 'Two Words',
      name: '',
      homepage: 'somewhere',
      statusPage: 'somewhere',
      connector: 'telepathy',
      baseUrl: 'somewhere',
      secret: '',
      retentionDays: -1,
    }),
  },
};
