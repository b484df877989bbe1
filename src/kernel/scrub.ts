/** What a credential looks like, ours and the providers' alike. Ids (`key_…`) are not secret. */
const secrets: readonly [RegExp, string][] = [
  [/\b(sk|pk|rk|xai|key)-[A-Za-z0-9_-]{12,}/g, '$1-[secret]'],
  [/\b(sk|pk|rk|whsec|gh[a-z]|github_pat|gsk|hf|r8)_[A-Za-z0-9_-]{12,}/g, '$1_[secret]'],
  [/\b(AIza|AKIA)[A-Za-z0-9_-]{12,}/g, '$1[secret]'],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/g, '[secret]'],
  [/\b(Bearer|Basic)\s+[^\s"',;]+/gi, '$1 [secret]'],
  [/([?&][\w-]*(?:key|token|secret|password|signature)=)[^&\s"']+/gi, '$1[secret]'],
  [
    /((?:api|access|auth|secret)[-_ ]?(?:key|token)["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi,
    '$1[secret]',
  ],
  [/((?:password|secret)["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi, '$1[secret]'],
  // The password may hold what it should have been escaped from, so it ends at the last @.
  [/(\w+:\/\/[^\s:/@"']*):[^\s"'<>]+@/g, '$1:[secret]@'],
];

const textMax = 2_000;

/**
 * Masks what looks like a credential and cuts what is longer than 2,000 characters. Also for
 * provider texts on their way to a caller.
 */
export function scrub(text: string): string {
  // Cut after masking, or the half of a credential that is left would no longer look like one.
  const near = text.slice(0, 2 * textMax);
  const clean = secrets.reduce((rest, [pattern, mask]) => rest.replace(pattern, mask), near);
  return clean.length > textMax || near.length < text.length
    ? `${clean.slice(0, textMax)}…`
    : clean;
}
