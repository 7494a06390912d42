import { notOffered } from './errors.ts';
import type { RequestHandler } from './request-link.ts';

/**
 * Claims-based security: a client puts a token for each entity before it opens links. The token's content is not looked
 * at, as in Microsoft's emulator: whoever reaches the loopback port may use every queue.
 */
export const handleCbs: RequestHandler = (operation) => {
  if (operation !== 'put-token') throw notOffered(`The operation "${operation}" of $cbs`);
  return { statusCode: 202, body: {} };
};
