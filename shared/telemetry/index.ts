export {
  type LogFields,
  type Logger,
  type LogLevel,
  type LogSink,
  createLogger,
  withLogSink,
} from './logger.ts';
export { OPERATION_KEYS, type OperationKey } from './operation-keys.ts';
export {
  type SpanOptions,
  annotate,
  currentOperationKey,
  currentTraceId,
  currentTraceparent,
  inSpan,
  recordError,
  withRemoteParent,
} from './spans.ts';
export { type Telemetry, type TelemetryOptions, startTelemetry } from './start.ts';
