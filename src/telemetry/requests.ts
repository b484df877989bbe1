import type { Meter } from '@opentelemetry/api';
import type { Clock } from '#kernel';
import type { ServedRequest } from './served-request.ts';
import type { Tracing } from './tracing.ts';

interface RequestObserverOptions {
  readonly meter: Meter;
  readonly clock: Clock;
  readonly tracing: Tracing | null;
}

export function requestObserver({ meter, clock, tracing }: RequestObserverOptions) {
  const duration = meter.createHistogram('bourse_http_request_duration_seconds', {
    description: 'Requests and how long their answers took, streams to their end.',
  });
  return (request: ServedRequest, answer: () => Promise<void>): Promise<void> => {
    const { method, route } = request;
    const startedMs = clock.monotonic();
    request.ended((status) => {
      const labels = { method, route, status: String(status) };
      duration.record((clock.monotonic() - startedMs) / 1_000, labels);
    });
    return tracing ? tracing.serve(request, answer) : answer();
  };
}
