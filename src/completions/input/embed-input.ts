import { type InputIssue, InvalidInput } from '#kernel';
import type { CompletionInput, ProviderPreferencesInput } from './input.ts';
import { Issues } from './issues.ts';
import { normalise, preferencesOf } from './normalise.ts';
import type { CompletionRequest } from './request.ts';
import { checkModels, checkPreferences, checkTexts } from './validate.ts';

/** Vectors as a caller asks for them: the contract's `EmbedInput`, before anything is checked. */
export interface EmbedInput {
  readonly organizationId?: string | null;
  readonly model: string;
  readonly input: readonly string[];
  readonly dimensions?: number | null;
  readonly provider?: ProviderPreferencesInput | null;
  readonly user?: string | null;
  readonly idempotencyKey?: string | null;
  readonly app?: NonNullable<CompletionInput['app']> | null;
}

/** What a run begins with. */
export type RunInput = CompletionInput | EmbedInput;

const textsMax = 2_048;
const dimensionsMax = 65_536;

/** Checks what is asked for and puts it into the one form that a run reads. @throws InvalidInput */
export const requestOf = (input: RunInput): CompletionRequest =>
  'messages' in input ? normalise(input) : embedRequestOf(input);

/** What is wrong with it; nothing when nothing is. */
export function issuesOf(input: RunInput): readonly InputIssue[] {
  try {
    requestOf(input);
    return [];
  } catch (thrown) {
    if (thrown instanceof InvalidInput) return thrown.issues;
    throw thrown;
  }
}

function embedRequestOf(input: EmbedInput): CompletionRequest {
  check(input);
  return {
    model: input.model,
    fallbackModels: [],
    chat: {
      messages: input.input.map((content) => ({ role: 'user', content })),
      ...(input.user ? { user: input.user } : {}),
    },
    embedding: { dimensions: input.dimensions ?? null },
    maxTokens: 0,
    preferences: preferencesOf(input.provider ?? {}),
    hedgeAfterMs: input.provider?.hedgeAfterMs ?? null,
    onStreamFailure: 'FAIL',
    metadata: null,
    user: input.user ?? null,
    sessionId: null,
    idempotencyKey: input.idempotencyKey ?? null,
    app: input.app?.name ?? null,
  };
}

function check(input: EmbedInput): void {
  const issues = new Issues();
  checkModels(issues, input, 'input');
  issues.list('input.input', input.input, textsMax);
  if (input.input.length === 0) issues.add('input.input', 'There is none.', 'at least one text');
  for (const [index, text] of input.input.slice(0, textsMax).entries()) {
    if (text === '') issues.add(`input.input.${index}`, 'It is empty.', 'a text');
  }
  issues.number('input.dimensions', input.dimensions, [1, dimensionsMax]);
  checkTexts(issues, input, 'input');
  checkPreferences(issues, input.provider ?? {}, 'input.provider');
  issues.throwIfAny();
}
