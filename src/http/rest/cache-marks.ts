import type { MessageInput } from '#completions';

/** As the field writes a mark of the prompt cache, `cache_control`. */
type Control = { readonly ttl?: '5m' | '1h' | null | undefined } | null | undefined;

/** The mark as the input has it; what is not marked has no such field. */
export const marked = (control: Control): { readonly cacheControl?: { readonly ttl: string } } =>
  control ? { cacheControl: { ttl: control.ttl ?? '5m' } } : {};

/** A mark on a whole request stands for one behind its last message. */
export function withMarkBehind(messages: readonly MessageInput[], control: Control) {
  const last = messages.at(-1);
  if (!control || !last || last.cacheControl) return messages;
  return [...messages.slice(0, -1), { ...last, ...marked(control) }];
}
