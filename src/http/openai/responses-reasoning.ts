/**
 * What a provider wants back in the next turn travels as `encrypted_content`, the one field of this
 * form that clients keep and return unread: the details as they are, in JSON.
 */
export function sealed(details: unknown): string | null {
  return Array.isArray(details) && details.some(isSigned) ? JSON.stringify(details) : null;
}

const isSigned = (detail: unknown) =>
  typeof detail === 'object' && detail !== null && ('signature' in detail || 'data' in detail);

/**
 * The details again, none where nothing was sealed; what other services sealed is handed on as it
 * is.
 */
export function unsealed(content: string | null | undefined): readonly unknown[] {
  if (!content) return [];
  try {
    const details: unknown = JSON.parse(content);
    if (Array.isArray(details)) return details;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  return [{ type: 'reasoning.encrypted', data: content }];
}
