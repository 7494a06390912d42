import { UnavailableError } from '../../shared/errors.ts';
import { type OperationKey, createLogger, inSpan } from '../../shared/telemetry/index.ts';

const log = createLogger('timers');

/**
 * Runs one round of a timer in a span. A round that finds a service away is over, with a warning: the next one is seconds away.
 * Anything else fails the invocation.
 */
export async function runRound<T>(
  operationKey: OperationKey,
  round: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await inSpan(operationKey, { operationKey, attributes: { 'mcms.component': 'workers' } }, round);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    log.warn('a round was cut short: a service is away', { operation: operationKey, code: error.code });
    return undefined;
  }
}
