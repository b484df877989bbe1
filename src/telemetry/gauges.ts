import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Meter, ObservableResult } from '@opentelemetry/api';
import type { CreditsLoad } from '#credits';
import { dollarsOf } from '#kernel';

/** What a node carries at a moment. */
export interface Load {
  readonly credits: CreditsLoad;
  readonly completionsRunning: number;
  readonly sockets: number;
  readonly busConnected: boolean;
  /** Endpoints by status. */
  readonly endpoints: ReadonlyMap<string, number>;
}

interface Watched {
  readonly version: string;
  readonly load: () => Load;
}

export function observeLoad(meter: Meter, { version, load }: Watched): void {
  const gauge = (name: string, description: string, observe: (result: ObservableResult) => void) =>
    meter.createObservableGauge(name, { description }).addCallback(observe);
  const number = (name: string, description: string, of: (load: Load) => number) =>
    gauge(name, description, (result) => result.observe(of(load())));

  number('bourse_completions_running', 'Completions that have not ended.', (now) => {
    return now.completionsRunning;
  });
  number('bourse_sockets_open', 'Open WebSockets.', (now) => now.sockets);
  number('bourse_holds', 'Running completions for which credits are set aside.', (now) => {
    return now.credits.holds;
  });
  number('bourse_held_dollars', 'US dollars that are set aside on this node.', (now) =>
    dollarsOf(now.credits.held),
  );
  number(
    'bourse_leases',
    'Accounts and allowances of which this node has leased a part.',
    (now) => {
      return now.credits.leases;
    },
  );
  number('bourse_leased_dollars', 'US dollars that this node has leased of accounts.', (now) =>
    dollarsOf(now.credits.leased),
  );
  number('bourse_settlements_unposted', 'Charges that are durable and not yet posted.', (now) => {
    return now.credits.unposted;
  });
  number('bourse_bus_connected', '1 while other nodes are in reach, or there are none.', (now) =>
    Number(now.busConnected),
  );
  gauge('bourse_endpoints', 'Endpoints that are offered, by status.', (result) => {
    for (const [status, count] of load().endpoints) result.observe(count, { status });
  });
  gauge('bourse_build_info', 'Always 1; the version is its label.', (result) =>
    result.observe(1, { version }),
  );
  observeProcess(gauge);
}

type Gauge = (
  name: string,
  description: string,
  observe: (result: ObservableResult) => void,
) => void;

const nanoseconds = 1e9;

/** Of the time since somebody last looked: each look begins a new span. */
function observeProcess(gauge: Gauge): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let before = performance.eventLoopUtilization();
  gauge('bourse_event_loop_delay_seconds', 'How late the event loop is, by quantile.', (result) => {
    for (const quantile of [50, 90, 99, 100]) {
      const labels = { quantile: String(quantile / 100) };
      result.observe(delay.percentile(quantile) / nanoseconds, labels);
    }
    delay.reset();
  });
  gauge('bourse_event_loop_utilization', 'Share of time in which it was busy.', (result) => {
    const now = performance.eventLoopUtilization();
    result.observe(performance.eventLoopUtilization(now, before).utilization);
    before = now;
  });
  gauge('process_resident_memory_bytes', 'Memory of the process.', (result) =>
    result.observe(process.memoryUsage.rss()),
  );
  gauge('bourse_heap_used_bytes', 'JavaScript objects.', (result) =>
    result.observe(process.memoryUsage().heapUsed),
  );
}
