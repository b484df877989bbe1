import type { RoutePreferences } from '#routing';
import type { ChatRequest } from '#upstream';

/** A completion that was checked and normalised: what the rest of the room works with. */
export interface CompletionRequest {
  /** As asked for, variants and all. */
  readonly model: string;
  readonly fallbackModels: readonly string[];
  /** Everything that goes upstream but the output cap, which admission decides. */
  readonly chat: Omit<ChatRequest, 'maxTokens'>;
  /** Set when vectors are asked for: each message is then a text of its own. */
  readonly embedding?: { readonly dimensions: number | null };
  /** The caller's own cap; null when there was none. */
  readonly maxTokens: number | null;
  readonly preferences: RoutePreferences;
  /** A second endpoint is tried when the first has given nothing by then; null for never. */
  readonly hedgeAfterMs: number | null;
  readonly onStreamFailure: 'FAIL' | 'CONTINUE';
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly user: string | null;
  readonly sessionId: string | null;
  readonly idempotencyKey: string | null;
  readonly app: string | null;
}
