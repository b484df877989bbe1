import { blankCompletion, type Completion } from '#completions';
import type { Fault } from '#kernel';
import type { Context } from '../context.ts';

/** What was asked for, of a completion that was asked for and not only looked for. */
export interface Asked {
  readonly model?: string | null | undefined;
  readonly organizationId?: string | null | undefined;
}

/** A completion that never came to be: it carries its refusal, is not stored and costs nothing. */
export function refusedCompletion(
  id: string,
  { error, asked }: { readonly error: Fault; readonly asked?: Asked },
  context: Context,
): Completion {
  const { rooms, principal } = context;
  const blank = blankCompletion({ id, error, at: new Date(rooms.clock.now()) }, principal);
  return {
    ...blank,
    organizationId: blank.organizationId ?? payerOf(asked, context),
    requestedModel: asked?.model ?? '',
  };
}

/** The organization that would have paid; null when that is not the caller's to know. */
function payerOf(asked: Asked | undefined, { rooms, principal }: Context): string | null {
  const id = asked?.organizationId;
  return id && rooms.identity.permissions(principal, id)?.has('COMPLETIONS_RUN') ? id : null;
}
