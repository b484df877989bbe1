import type { z } from 'zod';
import * as shapes from './index.ts';

/** One method at one address: what it takes, what it answers, and who may ask. */
export interface Operation {
  /** What generated clients call it. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  readonly path: string;
  readonly summary: string;
  /** What the key needs to be; null where none is needed. */
  readonly key: 'INFERENCE' | 'MANAGEMENT' | 'any' | null;
  readonly query?: readonly string[];
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  readonly status?: 201;
  /** Whether `stream: true` answers with server-sent events. */
  readonly streams?: true;
}

const modelFilters = [
  ...['q', 'supported_parameters', 'input_modalities', 'output_modalities', 'context'],
  ...['min_price', 'max_price', 'min_output_price', 'max_output_price', 'model_authors'],
  ...['providers', 'zdr', 'min_age_days', 'max_age_days', 'sort', 'offset', 'limit'],
  ...['after_id', 'before_id'],
];

/** Every address of the REST surface. Each is reached below `/api` as well. */
export const operations: readonly Operation[] = [
  {
    id: 'createChatCompletion',
    method: 'post',
    path: '/v1/chat/completions',
    summary: "Chat completion, in the format of OpenAI's and OpenRouter's clients.",
    key: 'INFERENCE',
    body: shapes.chatRequest,
    answer: shapes.chatAnswer,
    streams: true,
  },
  {
    id: 'createCompletion',
    method: 'post',
    path: '/v1/completions',
    summary: "Text completion, OpenAI's format from before chat.",
    key: 'INFERENCE',
    body: shapes.completionRequest,
    answer: shapes.completionAnswer,
    streams: true,
  },
  {
    id: 'createMessage',
    method: 'post',
    path: '/v1/messages',
    summary: "Chat completion, in the format of Anthropic's clients.",
    key: 'INFERENCE',
    body: shapes.messagesRequest,
    answer: shapes.messagesAnswer,
    streams: true,
  },
  {
    id: 'countMessageTokens',
    method: 'post',
    path: '/v1/messages/count_tokens',
    summary: 'Counts the tokens of a conversation. Sends nothing and charges nothing.',
    key: 'INFERENCE',
    body: shapes.countTokensRequest,
    answer: shapes.countTokensAnswer,
  },
  {
    id: 'createResponse',
    method: 'post',
    path: '/v1/responses',
    summary: "Chat completion, in the format of OpenAI's Responses API; nothing is stored.",
    key: 'INFERENCE',
    body: shapes.responsesRequest,
    answer: shapes.responsesAnswer,
    streams: true,
  },
  {
    id: 'createEmbeddings',
    method: 'post',
    path: '/v1/embeddings',
    summary: 'Embeds texts as vectors.',
    key: 'INFERENCE',
    body: shapes.embeddingRequest,
    answer: shapes.embeddingAnswer,
  },
  {
    id: 'listModels',
    method: 'get',
    path: '/v1/models',
    summary: 'Lists the models.',
    key: null,
    query: modelFilters,
    answer: shapes.modelsAnswer,
  },
  {
    id: 'countModels',
    method: 'get',
    path: '/v1/models/count',
    summary: 'The number of models that match the same filters.',
    key: null,
    query: modelFilters,
    answer: shapes.modelCountAnswer,
  },
  {
    id: 'getModel',
    method: 'get',
    path: '/v1/model/{author}/{slug}',
    summary: 'One model, by slug or alias.',
    key: null,
    answer: shapes.oneModelAnswer,
  },
  {
    id: 'retrieveModel',
    method: 'get',
    path: '/v1/models/{id}',
    summary:
      "One model as OpenAI's clients ask for it: the slug, or an alias, is one part of the path.",
    key: null,
    answer: shapes.oneModelAnswer.shape.data,
  },
  {
    id: 'retrieveModelBySlug',
    method: 'get',
    path: '/v1/models/{author}/{slug}',
    summary: 'The same, with the slash of the slug unescaped.',
    key: null,
    answer: shapes.oneModelAnswer.shape.data,
  },
  {
    id: 'listEndpoints',
    method: 'get',
    path: '/v1/models/{author}/{slug}/endpoints',
    summary: "The providers' offers of a model, with their prices.",
    key: null,
    answer: shapes.endpointsAnswer,
  },
  {
    id: 'listProviders',
    method: 'get',
    path: '/v1/providers',
    summary: 'Lists the providers.',
    key: null,
    answer: shapes.providersAnswer,
  },
  {
    id: 'getCurrentKey',
    method: 'get',
    path: '/v1/key',
    summary: 'The limits and spending of the key that asks.',
    key: 'any',
    answer: shapes.ownKeyAnswer,
  },
  {
    id: 'getCurrentKeyAtItsOlderAddress',
    method: 'get',
    path: '/v1/auth/key',
    summary: 'The same as `/v1/key`.',
    key: 'any',
    answer: shapes.ownKeyAnswer,
  },
  {
    id: 'listKeys',
    method: 'get',
    path: '/v1/keys',
    summary: 'The keys of the organization, newest first.',
    key: 'MANAGEMENT',
    query: ['include_disabled', 'offset', 'organization', 'workspace_id'],
    answer: shapes.keysAnswer,
  },
  {
    id: 'createKey',
    method: 'post',
    path: '/v1/keys',
    summary: 'Makes an INFERENCE key.',
    key: 'MANAGEMENT',
    body: shapes.newKeyRequest,
    answer: shapes.newKeyAnswer,
    status: 201,
  },
  {
    id: 'getKey',
    method: 'get',
    path: '/v1/keys/{hash}',
    summary: 'One key.',
    key: 'MANAGEMENT',
    answer: shapes.keyAnswer,
  },
  {
    id: 'updateKey',
    method: 'patch',
    path: '/v1/keys/{hash}',
    summary: 'Changes a key; what is absent stays.',
    key: 'MANAGEMENT',
    body: shapes.keyChange,
    answer: shapes.keyAnswer,
  },
  {
    id: 'deleteKey',
    method: 'delete',
    path: '/v1/keys/{hash}',
    summary: 'Revokes a key for good.',
    key: 'MANAGEMENT',
    answer: shapes.deletedAnswer,
  },
  {
    id: 'getCredits',
    method: 'get',
    path: '/v1/credits',
    summary: "The organization's credits: how much it got, and how much it used.",
    key: 'MANAGEMENT',
    query: ['organization', 'workspace_id'],
    answer: shapes.creditsAnswer,
  },
  {
    id: 'getGeneration',
    method: 'get',
    path: '/v1/generation',
    summary: 'One completion, from its admission on.',
    key: 'any',
    query: ['id'],
    answer: shapes.generationAnswer,
  },
  {
    id: 'getActivity',
    method: 'get',
    path: '/v1/activity',
    summary: 'Usage of the last 30 whole days (UTC), by day and endpoint.',
    key: 'MANAGEMENT',
    query: ['date', 'api_key_hash', 'organization', 'workspace_id'],
    answer: shapes.activityAnswer,
  },
];
