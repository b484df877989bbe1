const ownName = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/** What proxies add to what they pass on. */
const ofProxies = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/** A header of a request; nothing when it has none of this name. */
type HeaderOf = (name: string) => string | readonly string[] | null | undefined;

/**
 * Whether the owner of the machine asks, with a program or by opening an address in a browser. The
 * owner's browser also asks for pages of others, in two ways: their own name leads to this machine
 * (DNS rebinding), or a script of theirs calls it, and then the browser says of which origin.
 */
export function isOwners(header: HeaderOf): boolean {
  const host = URL.parse(`http://${header('host') ?? ''}`)?.hostname ?? '';
  return ownName.test(host) && ![...ofProxies, 'origin'].some((name) => header(name) != null);
}
