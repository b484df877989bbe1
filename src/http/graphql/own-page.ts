const ownName = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/** What proxies add to what they pass on. */
const ofProxies = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whether a page is asked for by one of the machine's own names and through no proxy. By another
 * name it is a page of somebody else, which has led a browser here to read what only its owner may
 * (DNS rebinding).
 */
export function isOwnPage({ headers }: Pick<Request, 'headers'>): boolean {
  const asked = URL.parse(`http://${headers.get('host') ?? ''}`)?.hostname ?? '';
  return ownName.test(asked) && !ofProxies.some((name) => headers.has(name));
}
