/** Loaded only where something is sent: the exporters take their time to load. */
export async function openOtlp(endpoint: string) {
  const [{ OTLPTraceExporter }, { OTLPMetricExporter }, { BatchSpanProcessor }, metrics] =
    await Promise.all([
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/exporter-metrics-otlp-proto'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/sdk-metrics'),
    ]);
  const at = (path: string) => `${endpoint.replace(/\/+$/, '')}/v1/${path}`;
  const exporter = new OTLPMetricExporter({ url: at('metrics') });
  return {
    spans: new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: at('traces') }) }),
    reader: new metrics.PeriodicExportingMetricReader({ exporter }),
  };
}
