import { metrics } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { MetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';

export interface TelemetryOptions {
  readonly serviceName: 'mcms-functions' | 'mcms-cmdhost';
  readonly serviceVersion: string;
  /** Base address of an OTLP/HTTP endpoint; spans go to `<base>/v1/traces`, metrics to `<base>/v1/metrics` every minute. */
  readonly otlpEndpoint?: string;
  /** Connection string of Application Insights. */
  readonly applicationInsights?: string;
  /** Further receivers of finished spans. */
  readonly spanProcessors?: readonly SpanProcessor[];
}

export interface Telemetry {
  /** Sends what is left, for at most 5 s. May be called more than once. */
  shutdown(): Promise<void>;
}

/**
 * Starts tracing and metrics for the process. Ids and context exist from then on even when nothing is exported. Both exporters are loaded
 * only when they are configured: importing the one for Azure Monitor costs more than a second.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const resource = resourceFromAttributes({
    'service.namespace': 'mcms',
    'service.name': options.serviceName,
    'service.version': options.serviceVersion,
  });
  const spanProcessors = [...(options.spanProcessors ?? [])];
  if (options.otlpEndpoint) spanProcessors.push(await otlpProcessor(options.otlpEndpoint));
  const readers = options.otlpEndpoint ? [await otlpMetricReader(options.otlpEndpoint)] : [];
  const stop = options.applicationInsights
    ? await startAzureMonitor(options.applicationInsights, { resource, spanProcessors, readers })
    : await startProviders({ resource, spanProcessors, readers });
  let stopped: Promise<void> | undefined;
  return { shutdown: () => (stopped ??= withinMs(5000, stop())) };
}

interface Parts {
  readonly resource: Resource;
  readonly spanProcessors: SpanProcessor[];
  readonly readers: MetricReader[];
}

/** Without a reader nobody would see a metric: then the instruments stay the API's empty ones. */
async function startProviders({ resource, spanProcessors, readers }: Parts): Promise<() => Promise<void>> {
  const tracing = new NodeTracerProvider({ resource, spanProcessors });
  tracing.register();
  const stops = [() => tracing.shutdown()];
  if (readers.length > 0) {
    const { MeterProvider } = await import('@opentelemetry/sdk-metrics');
    const metering = new MeterProvider({ resource, readers });
    metrics.setGlobalMeterProvider(metering);
    stops.push(() => metering.shutdown());
  }
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

async function otlpProcessor(endpoint: string): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new BatchSpanProcessor(new OTLPTraceExporter({ url: otlpUrl(endpoint, 'traces') }));
}

async function otlpMetricReader(endpoint: string): Promise<MetricReader> {
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http');
  const { PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: otlpUrl(endpoint, 'metrics') }),
  });
}

function otlpUrl(endpoint: string, signal: 'traces' | 'metrics'): string {
  return `${endpoint.replace(/\/+$/, '')}/v1/${signal}`;
}

async function startAzureMonitor(
  connectionString: string,
  { resource, spanProcessors, readers }: Parts,
): Promise<() => Promise<void>> {
  const { useAzureMonitor, shutdownAzureMonitor } = await import('@azure/monitor-opentelemetry');
  useAzureMonitor({
    azureMonitorExporterOptions: { connectionString },
    resource,
    spanProcessors,
    metricReaders: readers,
    samplingRatio: 1,
    tracesPerSecond: 0,
  });
  return shutdownAzureMonitor;
}

async function withinMs(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs).unref();
  });
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
