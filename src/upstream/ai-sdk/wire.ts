import type { LanguageModelV4 } from '@ai-sdk/provider';
import type {
  CacheMarked,
  ChatRole,
  OutputModality,
  ToolDefinition,
  UpstreamTarget,
} from '../connector.ts';

/** What a provider package is given instead of the global `fetch`. */
export type Fetch = typeof globalThis.fetch;

type Json = Record<string, unknown>;

/** Where a mark of the prompt cache stands: in a message of this role, or among the tools. */
export type CachePlace = Exclude<ChatRole, 'developer'> | 'tools';

export type CacheTtl = NonNullable<CacheMarked['cacheTtl']>;

export interface CacheSpot {
  readonly within: CachePlace;
  /** The provider's own name for the model. */
  readonly model: string;
}

/** Where a provider's body says how many tokens may be thought. */
export interface ThinkingPlace {
  /** The way to the object. */
  readonly within: readonly string[];
  readonly field: string;
  /** As little as models take. */
  readonly least: number;
  /** Whether the provider refuses less than that. */
  readonly refusesLess?: true;
  /** What asks there for thoughts to be shown, where the model decides how much it thinks. */
  readonly shown?: Json;
}

/** One wire protocol that an AI SDK provider package speaks for us. */
export interface Wire {
  /** Loads the package, on first use, and makes the model of this attempt. */
  open(target: UpstreamTarget, fetch: Fetch): Promise<LanguageModelV4>;
  /** The package's own name of its options and of what it tells beside an answer. */
  readonly optionsName: string;
  /**
   * The events of its stream that its package knows, where the service may add others at any time:
   * they are none of the answer. Absent where the package itself passes over them.
   */
  readonly events?: ReadonlySet<string>;
  /** Parameters that it has no word for, by the field's name. */
  readonly unsaid: ReadonlySet<string>;
  /** The kinds of media that it takes; absent where its package refuses the others by itself. */
  readonly media?: readonly string[];
  /** Takes pictures and documents in the result of a tool; elsewhere that is text alone. */
  readonly mediaInResults?: true;
  /**
   * Whether the model takes a message of the system behind others, as coding agents send them.
   * Absent where none does.
   */
  laterSystem?(model: string): boolean;
  /** Its options for a thinking budget of so many tokens. */
  thinking(budgetTokens: number): Json;
  /** Where the body has that budget. */
  readonly thinkingAt: ThinkingPlace;
  /** Its options for seeing what the model thinks, where it has to be asked. */
  readonly shownThinking?: Json;
  /** Its options for what the answer may be made of; absent where that is always text. */
  modalities?(modalities: readonly OutputModality[]): Json;
  /**
   * Its mark at the end of a cached prefix; null where the model takes none. Absent where the
   * provider caches by itself.
   */
  cacheMark?(ttl: CacheTtl, spot: CacheSpot): Json | null;
  /** The body with the marks of tools, where its package does not put them there. */
  markTools?(body: Json, tools: readonly ToolDefinition[], model: string): Json;
  /** Its options against several tool calls in one answer; absent where there are none. */
  readonly oneToolCall?: Json;
  /** Its options for the caller's end user; absent where it takes none. */
  endUser?(user: string): Json;
  /**
   * Keeps the output cap in the body that the package made: some add the thinking to it, and what
   * goes beyond it was never held.
   */
  keepCap(body: Json, maxTokens: number): Json;
}

/** Keeps a cap that stands in `field` of the body, or of the object `within` it. */
export function capIn(field: string, within?: string): Wire['keepCap'] {
  return (body, maxTokens) => {
    if (!within) return { ...body, [field]: maxTokens };
    const inner = body[within];
    return { ...body, [within]: { ...(isObject(inner) ? inner : {}), [field]: maxTokens } };
  };
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
