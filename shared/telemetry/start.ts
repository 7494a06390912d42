import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';

export interface TelemetryOptions {
  readonly serviceName: 'mcms-functions' | 'mcms-cmdhost';
  readonly serviceVersion: string;
  /** Base address of an OTLP/HTTP endpoint; spans go to `<base>/v1/traces`. */
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
 * Starts tracing for the process. Ids and context exist from then on even when nothing is exported. Both exporters are loaded
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
  const stop = options.applicationInsights
    ? await startAzureMonitor(options.applicationInsights, resource, spanProcessors)
    : startTracing(resource, spanProcessors);
  let stopped: Promise<void> | undefined;
  return { shutdown: () => (stopped ??= withinMs(5000, stop())) };
}

function startTracing(resource: Resource, spanProcessors: SpanProcessor[]): () => Promise<void> {
  const provider = new NodeTracerProvider({ resource, spanProcessors });
  provider.register();
  return async () => {
    await provider.shutdown();
  };
}

async function otlpProcessor(endpoint: string): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` }));
}

async function startAzureMonitor(
  connectionString: string,
  resource: Resource,
  spanProcessors: SpanProcessor[],
): Promise<() => Promise<void>> {
  const { useAzureMonitor, shutdownAzureMonitor } = await import('@azure/monitor-opentelemetry');
  useAzureMonitor({
    azureMonitorExporterOptions: { connectionString },
    resource,
    spanProcessors,
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
