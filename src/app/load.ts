import type { Bus } from '#bus';
import type { Catalog } from '#catalog';
import type { Completions } from '#completions';
import type { Credits } from '#credits';
import type { HttpServer } from '#http';
import type { Router } from '#routing';
import type { Load } from '#telemetry';

export interface Carrying {
  readonly bus: Bus;
  readonly catalog: Catalog;
  readonly completions: Completions;
  readonly credits: Credits;
  readonly http: HttpServer;
  readonly router: Router;
}

/** What this node carries now, of all its rooms. */
export function loadOf({ bus, catalog, completions, credits, http, router }: Carrying): Load {
  const endpoints = new Map<string, number>();
  for (const endpoint of catalog.market().models.flatMap((model) => model.endpoints)) {
    const { status } = router.status(endpoint);
    endpoints.set(status, (endpoints.get(status) ?? 0) + 1);
  }
  return {
    credits: credits.load(),
    completionsRunning: completions.running,
    sockets: http.sockets,
    busConnected: bus.connected,
    endpoints,
  };
}
