import { aiSdk } from './ai-sdk/ai-sdk.ts';
import { wires } from './ai-sdk/wires.ts';
import type { Connector } from './connector.ts';
import { type ConnectorOptions, Pool } from './http/pool.ts';
import { openAiCompatible } from './openai-compatible.ts';
import { openAiHosts } from './openai-hosts.ts';

/** The connector of this name, or null when there is none. */
export type Connectors = (name: string) => Connector | null;

/** One connector a wire protocol, shared by all of its providers; they share one pool. */
export function openConnectors(given: ConnectorOptions): Connectors {
  const options = { pool: new Pool(), ...given };
  const connectors: ReadonlyMap<string, Connector> = new Map([
    ...[...openAiHosts].map(
      ([name, service]) => [name, openAiCompatible(options, service)] as const,
    ),
    ...[...wires].map(([name, wire]) => [name, aiSdk(wire, options)] as const),
  ]);
  return (name) => connectors.get(name) ?? null;
}

/** Every name that a provider's `connector` may be. */
export const connectorNames: readonly string[] = [...openAiHosts.keys(), ...wires.keys()];

/**
 * Parameters that a wire protocol has no word for, by the connector's name: an endpoint's own list
 * may promise them, but they would be lost on the way.
 */
export function unsaid(connector: string): ReadonlySet<string> {
  return wires.get(connector)?.unsaid ?? nothing;
}

const nothing: ReadonlySet<string> = new Set();
