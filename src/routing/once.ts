/**
 * A function of an immutable object, computed once for each: what stands in a snapshot of the
 * market is worked out by the first request that looks at it, not by each.
 */
export function once<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const held = known.get(key);
    if (held) return held.value;
    const value = compute(key);
    known.set(key, { value });
    return value;
  };
}
