import { jsonDepthMax, type Price, perMillionOrNull } from '#kernel';
import type { CompletionInput, PlanInput, ProviderPreferencesInput, ToolInput } from './input.ts';
import { Issues } from './issues.ts';
import { checkMessages } from './validate-messages.ts';

/** Inclusive. */
const numbers = {
  maxTokens: [1, 2 ** 31 - 1],
  temperature: [0, 2],
  topP: [0, 1],
  topK: [0, 1_000_000],
  minP: [0, 1],
  frequencyPenalty: [-2, 2],
  presencePenalty: [-2, 2],
  repetitionPenalty: [0, 2],
  seed: [-(2 ** 31), 2 ** 31 - 1],
} as const satisfies Partial<Record<keyof CompletionInput, readonly [number, number]>>;

const modelLengthMax = 200;
const fallbackModelsMax = 10;
const namesMax = 100;
const nameLengthMax = 100;
const toolsMax = 128;
const stopsMax = 4;
const toolName = /^[a-zA-Z0-9_.-]{1,64}$/;
const reservedToolNames = ['auto', 'none', 'required'];

/** Throws one `InvalidInput` with everything that is wrong; looks nothing up. */
export function validate(input: CompletionInput): void {
  const issues = new Issues();
  const at = 'input';
  checkModels(issues, input, at);
  checkMessages(issues, input.messages, `${at}.messages`);
  for (const [name, bounds] of Object.entries(numbers)) {
    issues.number(`${at}.${name}`, input[name as keyof typeof numbers], bounds);
  }
  checkTexts(issues, input, at);
  checkTools(issues, input, at);
  checkFormat(issues, input, at);
  checkLogitBias(issues, input.logitBias, `${at}.logitBias`);
  checkMetadata(issues, input.metadata, `${at}.metadata`);
  checkPreferences(issues, input.provider ?? {}, `${at}.provider`);
  issues.throwIfAny();
}

/** The same for what a plan is asked with: what the completion would be refused for, so is it. */
export function checkPlan(input: PlanInput): void {
  const issues = new Issues();
  checkModels(issues, input, 'input');
  issues.number('input.promptTokens', input.promptTokens, [0, 2 ** 31 - 1]);
  issues.number('input.maxTokens', input.maxTokens, numbers.maxTokens);
  issues.list('input.requiredParameters', input.requiredParameters, namesMax);
  checkTexts(issues, { sessionId: input.sessionId ?? null }, 'input');
  checkPreferences(issues, input.provider ?? {}, 'input.provider');
  issues.throwIfAny();
}

type Models = Pick<CompletionInput, 'model' | 'fallbackModels'>;

export function checkModels(issues: Issues, input: Models, at: string): void {
  if (!input.model) issues.add(`${at}.model`, 'It is missing.', 'a slug like `author/name`');
  issues.text(`${at}.model`, input.model, [0, modelLengthMax]);
  issues.list(`${at}.fallbackModels`, input.fallbackModels, fallbackModelsMax);
  input.fallbackModels?.forEach((slug, index) => {
    issues.text(`${at}.fallbackModels.${index}`, slug, [1, modelLengthMax]);
  });
}

type Texts = Pick<CompletionInput, 'stop' | 'user' | 'sessionId' | 'app' | 'idempotencyKey'>;

export function checkTexts(issues: Issues, input: Texts, at: string): void {
  issues.list(`${at}.stop`, input.stop, stopsMax);
  input.stop?.forEach((stop, index) => {
    issues.text(`${at}.stop.${index}`, stop, [1, 1_000]);
  });
  issues.text(`${at}.user`, input.user, [1, 256]);
  issues.text(`${at}.sessionId`, input.sessionId, [1, 256]);
  issues.text(`${at}.app.name`, input.app?.name, [1, 100]);
  if (input.app?.url && !URL.canParse(String(input.app.url))) {
    issues.add(`${at}.app.url`, 'It is not an address.', 'as `https://example.com`');
  }
  const key = input.idempotencyKey;
  if (key !== null && key !== undefined && !/^[\x20-\x7e]{1,255}$/.test(key)) {
    const accepted = '1 to 255 printable ASCII characters';
    issues.add(`${at}.idempotencyKey`, 'It cannot be used as a key.', accepted);
  }
}

function checkTools(issues: Issues, input: CompletionInput, at: string): void {
  const tools = input.tools ?? [];
  issues.list(`${at}.tools`, tools, toolsMax);
  const names = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    checkTool(issues, tool, `${at}.tools.${index}`);
    if (names.has(tool.name)) {
      issues.add(`${at}.tools.${index}.name`, `"${tool.name}" is used twice.`, 'unique names');
    }
    names.add(tool.name);
  }
  const choice = input.toolChoice ?? 'auto';
  if (choice === 'required' && tools.length === 0) {
    issues.add(`${at}.toolChoice`, 'There is no tool to call.', '`tools` beside it');
  }
  if (!reservedToolNames.includes(choice) && !names.has(choice)) {
    const accepted = 'auto, none, required, or the name of one of `tools`';
    issues.add(`${at}.toolChoice`, `There is no tool "${choice.slice(0, 64)}".`, accepted);
  }
}

function checkTool(issues: Issues, tool: ToolInput, at: string): void {
  if (!toolName.test(tool.name) || reservedToolNames.includes(tool.name)) {
    const accepted = '1 to 64 of a–z, A–Z, 0–9, _ . - and not auto, none or required';
    issues.add(`${at}.name`, 'It cannot be the name of a tool.', accepted);
  }
  issues.object(`${at}.parameters`, tool.parameters, jsonDepthMax);
}

function checkFormat(issues: Issues, input: CompletionInput, at: string): void {
  const format = input.responseFormat;
  if (format?.type === 'JSON_SCHEMA') {
    issues.object(`${at}.responseFormat.schema`, format.schema, jsonDepthMax);
  } else if (format?.schema) {
    issues.add(`${at}.responseFormat.schema`, 'Only JSON_SCHEMA takes a schema.');
  }
  issues.number(`${at}.reasoning.maxTokens`, input.reasoning?.maxTokens, [1, 2 ** 31 - 1]);
}

function checkLogitBias(issues: Issues, bias: unknown, at: string): void {
  if (bias === null || bias === undefined) return;
  issues.object(at, bias, 1);
  for (const [token, value] of Object.entries(bias)) {
    if (typeof value !== 'number' || Math.abs(value) > 100) {
      issues.add(`${at}.${token.slice(0, 32)}`, 'It is not a bias.', 'a number from -100 to 100');
    }
  }
}

function checkMetadata(issues: Issues, metadata: unknown, at: string): void {
  if (metadata === null || metadata === undefined) return;
  issues.object(at, metadata, 1);
  const pairs = Object.entries(metadata);
  issues.list(at, pairs, 16);
  for (const [key, value] of pairs) {
    if (key.length > 64 || typeof value !== 'string' || value.length > 512) {
      const accepted = 'keys of at most 64 characters, string values of at most 512';
      issues.add(`${at}.${key.slice(0, 64)}`, 'It cannot be kept.', accepted);
    }
  }
}

export function checkPreferences(
  issues: Issues,
  given: ProviderPreferencesInput,
  at: string,
): void {
  for (const name of ['order', 'only', 'ignore', 'quantizations'] as const) {
    issues.list(`${at}.${name}`, given[name], namesMax);
    for (const [index, one] of (given[name] ?? []).slice(0, namesMax).entries()) {
      issues.text(`${at}.${name}.${index}`, one, [1, nameLengthMax]);
    }
  }
  for (const name of ['maxPromptPricePerMillion', 'maxCompletionPricePerMillion'] as const) {
    if (!readPerMillion(given[name]).valid) {
      const accepted = 'US dollars per million tokens, as "2.5"';
      issues.add(`${at}.${name}`, 'It is not a price.', accepted);
    }
  }
  issues.number(`${at}.maxTimeToFirstTokenMs`, given.maxTimeToFirstTokenMs, [0, 600_000]);
  issues.number(`${at}.minTokensPerSecond`, given.minTokensPerSecond, [0, 1_000_000]);
  issues.number(`${at}.hedgeAfterMs`, given.hedgeAfterMs, [0, 600_000]);
}

/** A price per million tokens as a price per token; absent is valid and null. */
export function readPerMillion(text: string | null | undefined): {
  valid: boolean;
  price: Price | null;
} {
  if (text === null || text === undefined) return { valid: true, price: null };
  const price = perMillionOrNull(text);
  return price === null || price < 0n ? { valid: false, price: null } : { valid: true, price };
}
