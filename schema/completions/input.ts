import type { CompletionInput as Asked } from '#completions';
import { builder } from '../builder.ts';
import { describedEnum } from '../described.ts';

export const MessageRole = describedEnum('MessageRole', 'Whose message it is.', {
  SYSTEM: 'Instructions to the model.',
  DEVELOPER: 'Instructions of the application, for models that tell them apart.',
  USER: 'The person.',
  ASSISTANT: 'The model, in an earlier turn.',
  TOOL: 'What a tool gave back; needs `toolCallId`.',
});

const ResponseFormatType = describedEnum('ResponseFormatType', 'The form of the answer.', {
  TEXT: 'Free text.',
  JSON_OBJECT: 'Any JSON object.',
  JSON_SCHEMA: 'JSON that fits `schema`.',
});

const ReasoningEffort = describedEnum('ReasoningEffort', 'How much to reason before answering.', {
  NONE: 'Not at all, where the model allows that.',
  MINIMAL: 'As little as can be.',
  LOW: 'A little.',
  MEDIUM: 'The usual amount.',
  HIGH: 'Much.',
  XHIGH: 'As much as the model can.',
});

const RouteSort = describedEnum('RouteSort', 'What the router prefers.', {
  PRICE: 'The cheapest first.',
  THROUGHPUT: 'The most tokens per second first.',
  LATENCY: 'The shortest time to the first token first.',
});

const StreamFailurePolicy = describedEnum(
  'StreamFailurePolicy',
  'What to do when a provider breaks off after tokens were delivered.',
  {
    FAIL: 'End as failed; nothing is charged.',
    CONTINUE: 'Let another endpoint go on from there. Text answers only.',
  },
);

const MediaInput = builder.inputType('MediaInput', {
  description: 'A file within the request.',
  fields: (t) => ({
    data: t.string({ required: true, description: 'Its bytes in base64.' }),
    mediaType: t.string({
      required: true,
      description: 'Its media type, such as `audio/wav` or `application/pdf`.',
    }),
    filename: t.string({ description: 'Its name, which some models are told.' }),
  }),
});

const ContentPartInput = builder.inputType('ContentPartInput', {
  description: 'A part of a message. Exactly one field is set.',
  isOneOf: true,
  fields: (t) => ({
    text: t.string({ description: 'Text.' }),
    imageUrl: t.string({ description: 'An image by `https:` or `data:` address.' }),
    audio: t.field({ type: MediaInput, description: 'Audio.' }),
    file: t.field({ type: MediaInput, description: 'A document.' }),
  }),
});

const ToolCallInput = builder.inputType('ToolCallInput', {
  description: 'A call that the model made in an earlier turn, as it was received.',
  fields: (t) => ({
    id: t.string({ required: true, description: 'Its `callId`.' }),
    name: t.string({ required: true, description: 'Name of the tool.' }),
    arguments: t.string({ required: true, description: 'Its arguments: JSON text.' }),
  }),
});

const CacheControlInput = builder.inputType('CacheControlInput', {
  description: "Marks the prompt up to here for the provider's prompt cache.",
  fields: (t) => ({
    ttl: t.string({
      required: true,
      defaultValue: '5m',
      description: 'How long the provider keeps it: `5m` or `1h`.',
    }),
  }),
});

export const MessageInput = builder.inputType('MessageInput', {
  description:
    'A message of the conversation. Exactly one of `content` and `parts`, except for an ' +
    'assistant message with `toolCalls`.',
  fields: (t) => ({
    role: t.field({ type: MessageRole, required: true, description: 'Whose message it is.' }),
    content: t.string({ description: 'Plain text.' }),
    parts: t.field({ type: [ContentPartInput], description: 'Text, images, audio, documents.' }),
    name: t.string({ description: 'Distinguishes several participants of one role.' }),
    toolCallId: t.string({
      description:
        'The `callId` of the call that this answers; required with role TOOL, else not allowed.',
    }),
    toolCalls: t.field({ type: [ToolCallInput], description: 'Calls of an assistant message.' }),
    reasoningDetails: t.field({
      type: 'JSON',
      description:
        'As received in `Completion.reasoningDetails`, unchanged: signatures that the provider ' +
        'wants back in the next turn.',
    }),
    cacheControl: t.field({
      type: CacheControlInput,
      description: 'Prompt cache mark after this message.',
    }),
  }),
});

export const ToolInput = builder.inputType('ToolInput', {
  description: 'A function that the model may ask you to call.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: '1 to 64 letters, digits, `_`, `-` and `.`; not auto, none or required.',
    }),
    description: t.string({ description: 'What it does and when to use it, for the model.' }),
    parameters: t.field({
      type: 'JSON',
      required: true,
      description: 'JSON Schema of its arguments, at most 32 levels deep.',
    }),
  }),
});

const ResponseFormatInput = builder.inputType('ResponseFormatInput', {
  description: 'The form that the answer must have.',
  fields: (t) => ({
    type: t.field({ type: ResponseFormatType, required: true, description: 'Which form.' }),
    name: t.string({ description: 'Name of the schema, which some providers want.' }),
    schema: t.field({
      type: 'JSON',
      description: 'JSON Schema; required with JSON_SCHEMA, else not allowed.',
    }),
    strict: t.boolean({ description: 'The provider must enforce the schema.' }),
  }),
});

const ReasoningInput = builder.inputType('ReasoningInput', {
  description: 'How the model reasons before it answers. Reasoning tokens are charged.',
  fields: (t) => ({
    effort: t.field({ type: ReasoningEffort, description: 'How much; not beside `maxTokens`.' }),
    maxTokens: t.int({ description: 'At most this many reasoning tokens.' }),
    exclude: t.boolean({ description: 'Reason, but leave the reasoning out of the answer.' }),
  }),
});

const slugs = 'slugs as in `Provider.slug`';

export const ProviderPreferences = builder.inputType('ProviderPreferences', {
  description: 'Which endpoints may answer, and in which order they are tried.',
  fields: (t) => ({
    order: t.stringList({ description: `Providers to try first, in this order: ${slugs}.` }),
    only: t.stringList({ description: `Only these providers: ${slugs}.` }),
    ignore: t.stringList({ description: `Never these providers: ${slugs}.` }),
    allowFallbacks: t.boolean({
      required: true,
      defaultValue: true,
      description: 'Whether another endpoint is tried when one fails.',
    }),
    requireParameters: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'Only endpoints that support every parameter of this request; else what one cannot take ' +
        'is left out and named in `Completion.droppedParameters`.',
    }),
    sort: t.field({
      type: RouteSort,
      description:
        'Default: weighted by the inverse square of the price among endpoints that are up.',
    }),
    quantizations: t.stringList({
      description: 'Only endpoints with one of these quantizations, such as `fp8`.',
    }),
    maxPromptPricePerMillion: t.field({
      type: 'Decimal',
      description: 'US dollars per million prompt tokens; more expensive endpoints are rejected.',
    }),
    maxCompletionPricePerMillion: t.field({
      type: 'Decimal',
      description:
        'US dollars per million generated tokens; more expensive endpoints are rejected.',
    }),
    maxTimeToFirstTokenMs: t.float({
      description:
        'Milliseconds, 0 to 600,000: endpoints whose live median time to first token is above ' +
        'it go last.',
    }),
    minTokensPerSecond: t.float({
      description:
        '0 to 1,000,000: endpoints whose live median of tokens per second is below it go last.',
    }),
    hedgeAfterMs: t.int({
      description:
        'Milliseconds, 0 to 600,000: start a second endpoint when the first has given no content ' +
        'by then. The loser is cancelled and never charged.',
    }),
    allowTraining: t.boolean({
      description: 'False: only providers that do not train on prompts.',
    }),
    zeroRetention: t.boolean({ description: 'True: only providers that keep nothing.' }),
    onStreamFailure: t.field({
      type: StreamFailurePolicy,
      required: true,
      defaultValue: 'FAIL',
      description: 'What to do when a provider breaks off after tokens were delivered.',
    }),
  }),
});

const AppInput = builder.inputType('AppInput', {
  description: 'The application that asks.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name.' }),
    url: t.field({ type: 'URL', description: 'Its address.' }),
  }),
});

export const CompletionInput = builder.inputType('CompletionInput', {
  description:
    'A prompt and how it is to be answered. For an absent parameter the provider has its default.',
  fields: (t) => ({
    organizationId: t.id({
      description:
        'For a signed-in person: the organization that pays. A key always pays from its own. ' +
        'Without either the answer is FORBIDDEN.',
    }),
    model: t.string({
      description: 'Slug, alias or variant, such as `author/name:floor`. Required.',
    }),
    fallbackModels: t.stringList({
      description: 'Tried in order when no endpoint of `model` can answer; at most 10.',
    }),
    messages: t.field({
      type: [MessageInput],
      required: true,
      description: 'The conversation, oldest first; 1 to 2,000 messages.',
    }),
    provider: t.field({
      type: ProviderPreferences,
      description: 'Which providers may answer, and in which order they are tried.',
    }),
    maxTokens: t.int({
      description: 'At most this many generated tokens. Bounds what is held of your credits.',
    }),
    temperature: t.float({ description: '0 to 2: sampling temperature; higher is more random.' }),
    topP: t.float({
      description:
        '0 to 1: sample from the likeliest tokens whose probabilities add up to this (nucleus sampling).',
    }),
    topK: t.int({ description: 'Sample from this many of the likeliest tokens.' }),
    minP: t.float({
      description:
        "0 to 1: leave out tokens less likely than this share of the likeliest one's probability.",
    }),
    frequencyPenalty: t.float({
      description:
        '-2 to 2: positive values penalise a token in proportion to how often it has occurred.',
    }),
    presencePenalty: t.float({
      description: '-2 to 2: positive values penalise every token that has occurred.',
    }),
    repetitionPenalty: t.float({
      description: '0 to 2: above 1 penalises every token that has occurred, below 1 favours it.',
    }),
    seed: t.int({ description: 'The same seed gives the same answer where the model can.' }),
    stop: t.stringList({ description: 'Up to 4 texts that end the answer.' }),
    logitBias: t.field({
      type: 'JSON',
      description: 'Object from token id to a bias of -100 to 100.',
    }),
    tools: t.field({ type: [ToolInput], description: 'Functions to call; at most 128.' }),
    toolChoice: t.string({ description: 'auto, none, required, or the name of a tool.' }),
    parallelToolCalls: t.boolean({ description: 'Whether several tools may be called at once.' }),
    responseFormat: t.field({ type: ResponseFormatInput, description: 'Form of the answer.' }),
    reasoning: t.field({
      type: ReasoningInput,
      description: 'How much the model reasons, and whether that is shown.',
    }),
    metadata: t.field({
      type: 'JSON',
      description:
        'Kept with the completion and searchable: an object of at most 16 string values (key 64, ' +
        'value 512 characters).',
    }),
    user: t.string({ description: 'Your end user, for your own analytics; passed upstream.' }),
    sessionId: t.string({
      description:
        "Requests of one session go to the same endpoint while it is up, so that the provider's " +
        'prompt cache is hit.',
    }),
    idempotencyKey: t.string({
      description:
        '1 to 255 printable characters; belongs to the API key, or to person and organization. ' +
        'The same one within 24 hours joins or returns the same completion and charges once. ' +
        'Another input under it is a CONFLICT. A completion that was refused before a provider ' +
        'was tried does not use the key up.',
    }),
    app: t.field({
      type: AppInput,
      description: 'Your application, as the headers HTTP-Referer and X-Title name it.',
    }),
  }),
});

/**
 * The input as the room takes it: graphql-js leaves an absent field out, so none of them is ever
 * undefined.
 */
export const asked = (input: typeof CompletionInput.$inferInput) => input as Asked;
