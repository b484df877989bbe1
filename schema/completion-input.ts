import type { CompletionInput as Asked } from '#completions';
import { builder } from './builder.ts';
import { describedEnum } from './described.ts';

export const MessageRole = describedEnum('MessageRole', 'Who speaks.', {
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

const ReasoningEffort = describedEnum('ReasoningEffort', 'How much to think before answering.', {
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
    mediaType: t.string({ required: true, description: 'As `audio/wav` or `application/pdf`.' }),
    filename: t.string({ description: 'Its name, which some models are told.' }),
  }),
});

const ContentPartInput = builder.inputType('ContentPartInput', {
  description: 'A part of a message. Exactly one field is set.',
  isOneOf: true,
  fields: (t) => ({
    text: t.string({ description: 'Text.' }),
    imageUrl: t.string({ description: 'An image by `https:` or `data:` address.' }),
    audio: t.field({ type: MediaInput, description: 'Sound.' }),
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
    ttl: t.string({ required: true, defaultValue: '5m', description: '`5m` or `1h`.' }),
  }),
});

export const MessageInput = builder.inputType('MessageInput', {
  description:
    'A message of the conversation. Exactly one of `content` and `parts`, except for an ' +
    'assistant message with `toolCalls`.',
  fields: (t) => ({
    role: t.field({ type: MessageRole, required: true, description: 'Who speaks.' }),
    content: t.string({ description: 'Plain text.' }),
    parts: t.field({ type: [ContentPartInput], description: 'Text, images, sound, documents.' }),
    name: t.string({ description: 'Tells speakers of one role apart.' }),
    toolCallId: t.string({ description: 'Which call this answers; exactly with role TOOL.' }),
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
      description: 'Letters, digits, `_` and `-`; not auto, none or required.',
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
    schema: t.field({ type: 'JSON', description: 'JSON Schema; exactly with JSON_SCHEMA.' }),
    strict: t.boolean({ description: 'The provider must enforce the schema.' }),
  }),
});

const ReasoningInput = builder.inputType('ReasoningInput', {
  description: 'How the model thinks before it answers. Reasoning tokens are charged.',
  fields: (t) => ({
    effort: t.field({ type: ReasoningEffort, description: 'How much; not beside `maxTokens`.' }),
    maxTokens: t.int({ description: 'At most this many reasoning tokens.' }),
    exclude: t.boolean({ description: 'Think, but do not send the reasoning.' }),
  }),
});

const slugs = 'slugs as in `Provider.slug`';

export const ProviderPreferences = builder.inputType('ProviderPreferences', {
  description: 'Which endpoints may answer, and in which order they are tried.',
  fields: (t) => ({
    order: t.stringList({ description: `Tried first and in this order: ${slugs}.` }),
    only: t.stringList({ description: `Nobody else: ${slugs}.` }),
    ignore: t.stringList({ description: `Not these: ${slugs}.` }),
    allowFallbacks: t.boolean({
      required: true,
      defaultValue: true,
      description: 'Whether a second endpoint is tried when the first fails.',
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
    quantizations: t.stringList({ description: 'Only these, as `fp8`.' }),
    maxPromptPricePerMillion: t.field({
      type: 'Decimal',
      description: 'US dollars per million prompt tokens; dearer endpoints are out.',
    }),
    maxCompletionPricePerMillion: t.field({
      type: 'Decimal',
      description: 'US dollars per million generated tokens; dearer endpoints are out.',
    }),
    maxTimeToFirstTokenMs: t.float({
      description:
        'Preferred, against the live median of time to first token; endpoints that miss it go ' +
        'last.',
    }),
    minTokensPerSecond: t.float({
      description: 'Preferred, against the live median; endpoints that miss it go last.',
    }),
    hedgeAfterMs: t.int({
      description:
        'Start a second endpoint when the first has given no content by then; the loser is ' +
        'cancelled and never charged.',
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
  description: "A prompt and how it is to be answered. An absent parameter is the provider's own.",
  fields: (t) => ({
    organizationId: t.id({
      description:
        'For a signed-in person: the organization that pays. A key always pays from its own. ' +
        'Without either the answer is FORBIDDEN.',
    }),
    model: t.string({ description: 'Slug, alias or variant, as `author/name:floor`. Required.' }),
    fallbackModels: t.stringList({
      description: 'Tried in order when no endpoint of `model` can answer; at most 10.',
    }),
    messages: t.field({
      type: [MessageInput],
      required: true,
      description: 'The conversation, oldest first; 1 to 2,000 messages.',
    }),
    provider: t.field({ type: ProviderPreferences, description: 'Who may answer.' }),
    maxTokens: t.int({
      description: 'At most this many generated tokens. Bounds what is held of your credits.',
    }),
    temperature: t.float({ description: '0 to 2: how freely the next token is drawn.' }),
    topP: t.float({ description: '0 to 1: draw among the likeliest tokens of this total chance.' }),
    topK: t.int({ description: 'Draw among this many of the likeliest tokens.' }),
    minP: t.float({ description: "0 to 1: leave out tokens below this share of the likeliest's." }),
    frequencyPenalty: t.float({
      description: '-2 to 2: against tokens, the more often they came.',
    }),
    presencePenalty: t.float({ description: '-2 to 2: against tokens that came at all.' }),
    repetitionPenalty: t.float({ description: '0 to 2: against repetition, in another way.' }),
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
    reasoning: t.field({ type: ReasoningInput, description: 'How the model thinks.' }),
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
