import type { CompletionEvent, ToolCallDelta } from '#completions';

type Delta = Extract<CompletionEvent, { type: `${string}Delta` }>;

/**
 * For forms that tell an answer as items of which each is ended before the next begins: a call goes
 * on there only as long as nothing came between. Some providers send the arguments of parallel
 * calls mixed, or announce all calls first. What comes while a call is not whole waits, each kind
 * by itself, until the answer has ended; nothing waits where each call is whole before the next
 * comes.
 */
export function oneCallAtATime(write: (event: CompletionEvent) => string): typeof write {
  let open: { readonly index: number; text: string } | null = null;
  const waiting = new Map<string, Delta[]>();

  const tell = (event: Delta): string => {
    open = isCall(event) ? { index: event.index, text: event.arguments } : null;
    return write(event);
  };
  const wait = (event: Delta): string => {
    const before = waiting.get(kindOf(event));
    if (before) before.push(event);
    else waiting.set(kindOf(event), [event]);
    return '';
  };
  const tellAll = () => {
    const all = [...waiting.values()].flat();
    waiting.clear();
    open = null;
    return all.map(write).join('');
  };
  return (event) => {
    if (!isDelta(event)) return tellAll() + write(event);
    if (open && isCall(event) && event.index === open.index) {
      open.text += event.arguments;
      return write(event);
    }
    // Behind a call that was whole and is ended there can be blanks; they are no call.
    if (isCall(event) && event.callId === null && !waiting.has(kindOf(event))) return '';
    const mayBegin = waiting.size === 0 && (open === null || isJson(open.text));
    return mayBegin ? tell(event) : wait(event);
  };
}

const kindOf = (event: Delta) => (isCall(event) ? `call ${event.index}` : event.type);

const isDelta = (event: CompletionEvent): event is Delta => event.type.endsWith('Delta');

const isCall = (event: Delta): event is ToolCallDelta => event.type === 'ToolCallDelta';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
