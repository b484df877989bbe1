/** What the braces of a pattern stood for. */
export type Parameters = Readonly<Record<string, string>>;

/**
 * Whether a path is one of a pattern like `/v1/model/{author}/{slug}`, and what its braces stand
 * for; null when it is not.
 */
export function matchAddress(pattern: string, path: string): Parameters | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const value = decoded(given[index] ?? '');
    if (name && value) parameters[name] = value;
    else if (part !== given[index]) return null;
  }
  return parameters;
}

/** Null for a percent sign that begins nothing. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    if (thrown instanceof URIError) return null;
    throw thrown;
  }
}
