import type { InvocationContext } from '@azure/functions';

/** The id the sender gave the message. */
export function messageId(context: InvocationContext): string | undefined {
  return text(context.triggerMetadata?.['messageId']);
}

/** The W3C trace context a message carries in its application property `Diagnostic-Id`. The worker lower-cases first letters. */
export function traceparentOf(context: InvocationContext): string | undefined {
  const properties = context.triggerMetadata?.['applicationProperties'];
  if (typeof properties !== 'object' || properties === null) return undefined;
  const values = properties as Record<string, unknown>;
  return text(values['Diagnostic-Id'] ?? values['diagnostic-Id']);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
