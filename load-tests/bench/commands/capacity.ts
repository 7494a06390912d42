import { ledgerPath, readLedger, type LedgerEntry } from '../../../tests/support/faults-ledger.ts';
import { rowsOf, untilSucceeded } from './progress.ts';
import type { Shop } from './shop.ts';

export interface Capacity {
  /** The longest time in which a seat stood empty although work waited, in ms. */
  readonly longestIdleMs: number;
  /** Claims that went to another item than the best that waited. */
  readonly outOfOrder: number;
  readonly seconds: number;
}

interface ClaimedItem {
  readonly commandId: string;
  readonly priority: number;
  readonly queuedAt: string;
  readonly claimedAt: string;
}

/** Orders `count` programs of mixed priority from one person, for `seats` seats, and looks how they were handed out. */
export async function capacity(
  shop: Shop,
  { count, seats }: { count: number; seats: number },
): Promise<Capacity> {
  const startedAtMs = Date.now();
  for (let index = 0; index < count; index += 1) {
    await shop.call(`/routings/${shop.routingIds[index % shop.routingIds.length] ?? ''}/commands`, {
      application: 'esprit',
      commandType: 'GenerateNcProgram',
      // 7 is prime to 10: every priority, in no order.
      priority: (index * 7) % 10,
    });
  }
  const endMs = await untilSucceeded(shop.stack, count, 600_000);
  const claims = rowsOf<ClaimedItem>(
    shop.stack,
    `select c.commandId, c.priority, a.queuedAt, a.claimedAt
     from CamCommandAttempt a join CamCommand c on c.commandId = a.commandId order by a.claimedAt`,
  );
  const ledger = await readLedger(ledgerPath(shop.stack.stateDir));
  return {
    longestIdleMs: Math.max(0, ...idleTimes(ledger, claims, seats)),
    outOfOrder: outOfOrder(claims),
    seconds: (endMs - startedAtMs) / 1000,
  };
}

/**
 * For every start of ESPRIT that filled a seat which another run had left: how long the seat was empty. While fewer items than seats
 * wait, an empty seat is no fault; so the last starts, and those before all seats were in use, do not count.
 */
function idleTimes(ledger: readonly LedgerEntry[], claims: readonly ClaimedItem[], seats: number): number[] {
  const at = (event: LedgerEntry['event']): number[] =>
    ledger
      .filter((entry) => entry.event === event)
      .map((entry) => Date.parse(entry.at))
      .sort((a, b) => a - b);
  const starts = at('start');
  const ends = at('end');
  // The n-th end frees the seat that the (seats + n)-th start takes, whichever run it was.
  return starts.slice(seats).flatMap((startMs, index) => {
    const freedMs = ends[index];
    const queuedMs = Date.parse(claims[seats + index]?.queuedAt ?? '');
    return freedMs === undefined ? [] : [startMs - Math.max(freedMs, queuedMs)];
  });
}

/** A claim is out of order when an item of higher priority, or an older one of the same, had been waiting and was passed over. */
function outOfOrder(claims: readonly ClaimedItem[]): number {
  return claims.filter((claim, index) =>
    claims
      .slice(index + 1)
      .some(
        (later) =>
          later.queuedAt < claim.claimedAt &&
          later.claimedAt > claim.claimedAt &&
          (later.priority > claim.priority ||
            (later.priority === claim.priority && later.queuedAt < claim.queuedAt)),
      ),
  ).length;
}
