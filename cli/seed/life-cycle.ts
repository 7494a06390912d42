import type { RoutingStatus } from '../../shared/routings/contracts.ts';

export interface Work {
  readonly kind: 'begin' | 'edit';
  readonly camRev: number;
}

export interface Move {
  readonly kind: 'move';
  readonly camRev: number;
  readonly from: RoutingStatus;
  readonly to: RoutingStatus;
}

/** One thing that happens to a routing; each leaves one history entry. */
export type LifeEvent = Work | Move;

interface Life {
  readonly camRevs: number;
  readonly status: RoutingStatus;
}

const WAY: readonly RoutingStatus[] = ['Draft', 'PendingApproval', 'Approved', 'Released'];

/**
 * The life of a routing in order. Each CAM revision begins, is edited, and goes the way to Released, where it supersedes the one
 * before; the last one stops at `status`. A last one that is Superseded or Withdrawn was released before.
 */
export function* lifeEvents(
  { camRevs, status }: Life,
  editsOf: (camRev: number) => number,
): Generator<LifeEvent> {
  for (let camRev = 1; camRev <= camRevs; camRev += 1) {
    yield { kind: 'begin', camRev };
    for (let edit = 0; edit < editsOf(camRev); edit += 1) yield { kind: 'edit', camRev };
    const last = camRev < camRevs ? 'Released' : status;
    yield* moves(camRev, last);
  }
}

function* moves(camRev: number, last: RoutingStatus): Generator<Move> {
  const ended = last === 'Superseded' || last === 'Withdrawn';
  const stop = ended ? WAY.length - 1 : WAY.indexOf(last);
  for (const [index, from] of WAY.slice(0, stop).entries()) {
    const to = WAY[index + 1] ?? from;
    yield { kind: 'move', camRev, from, to };
    if (to === 'Released' && camRev > 1) {
      yield { kind: 'move', camRev: camRev - 1, from: 'Released', to: 'Superseded' };
    }
  }
  if (ended) yield { kind: 'move', camRev, from: 'Released', to: last };
}

/** How many history entries a life has before anything is edited. */
export function entailedEntries(life: Life): number {
  const released = life.camRevs - 1;
  const last = [...moves(life.camRevs, life.status)].length;
  const superseding = Math.max(0, released - 1);
  return life.camRevs + released * (WAY.length - 1) + superseding + last;
}
