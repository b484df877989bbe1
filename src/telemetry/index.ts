/**
 * telemetry: what operators watch. Owns the instruments, the text for Prometheus and the spans that
 * go out over OTLP; refuses to know a prompt, an answer, a key or who a caller is.
 *
 * 1. Nothing here is in the path of a token: things are counted when they have ended.
 * 2. The number of series is bounded, whatever the number of endpoints.
 * 3. Without OTEL_EXPORTER_OTLP_ENDPOINT no span is made and nothing is sent.
 * 4. Dollars here are for graphs; only the ledger is exact.
 */
export type { Load } from './gauges.ts';
export type { ServedRequest } from './served-request.ts';
export { openTelemetry, type Telemetry } from './telemetry.ts';
