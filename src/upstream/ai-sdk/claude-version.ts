/** `claude-sonnet-4-5-20250929` → 4.05. Null of older names, where the number stands first. */
export function claudeVersion(model: string): number | null {
  const [, major, minor = '0'] = /claude-[a-z]+-(\d{1,2})(?:-(\d{1,2})(?!\d))?/.exec(model) ?? [];
  return major ? Number(major) + Number(minor) / 100 : null;
}
