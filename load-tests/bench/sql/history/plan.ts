import { ENGINEERS } from '../../../../cli/seed/catalogue.ts';
import { createRandom } from '../../../../cli/seed/random.ts';
import type { ChangeType } from '../../../../shared/history/contracts.ts';

/**
 * A history as a shop leaves it, the same however much of it is made: time goes on in windows of this many entries, in each of which
 * routings of its own live, their entries mixed with one another.
 */
export const WINDOW_ROWS = 100_000;
const LONG_ENTRIES = 5000;
const SHORT_ENTRIES = 200;
const LONG_PER_WINDOW = 2;
const SHORT_PER_WINDOW = (WINDOW_ROWS - LONG_PER_WINDOW * LONG_ENTRIES) / SHORT_ENTRIES;
export const ROUTINGS_PER_WINDOW = LONG_PER_WINDOW + SHORT_PER_WINDOW;
export const LONG_CAM_REVS = 200;
const SHORT_CAM_REVS = 4;
const ROUTINGS_PER_ITEM = 8;
/** Spreads the entries of a routing evenly over its window: near the golden section, and prime to the window's length. */
const SPREAD = 61_803;
const FIRST_MS = Date.UTC(2016, 0, 1);
/** Ten million entries take ten years. */
const STEP_MS = 31_557;

export interface PlannedRouting {
  readonly routingId: string;
  readonly itemCode: string;
  readonly revisionCode: string;
  readonly routingCode: string;
  readonly camRevs: number;
}

/** Routing number `index` of all; the first ones of each window are long: 200 CAM revisions, 5,000 entries. */
export function routingAt(index: number): PlannedRouting {
  const long = index % ROUTINGS_PER_WINDOW < LONG_PER_WINDOW;
  return {
    routingId: createRandom(index).uuid(),
    itemCode: `PART-${String(Math.floor(index / ROUTINGS_PER_ITEM)).padStart(6, '0')}`,
    revisionCode: 'A',
    routingCode: `R-${String((index % ROUTINGS_PER_ITEM) + 1).padStart(3, '0')}`,
    camRevs: long ? LONG_CAM_REVS : SHORT_CAM_REVS,
  };
}

/** How many routings a history of so many entries is about. */
export function routingCount(rows: number): number {
  return Math.ceil(rows / WINDOW_ROWS) * ROUTINGS_PER_WINDOW;
}

/** A long routing of a window. */
export function longRoutingAt(window: number): PlannedRouting {
  return routingAt(window * ROUTINGS_PER_WINDOW + (window % LONG_PER_WINDOW));
}

/** Time of entry number `position`, counted from 0 in order of time. */
export function changedAtOf(position: number): string {
  return new Date(FIRST_MS + position * STEP_MS).toISOString();
}

/** The number, in all, of the routing that an entry is about. */
export function routingIndexOf(position: number): number {
  const inWindow = position % WINDOW_ROWS;
  const slot = (inWindow * SPREAD) % WINDOW_ROWS;
  const longSlots = LONG_PER_WINDOW * LONG_ENTRIES;
  const routing =
    slot < longSlots
      ? Math.floor(slot / LONG_ENTRIES)
      : LONG_PER_WINDOW + Math.floor((slot - longSlots) / SHORT_ENTRIES);
  return Math.floor(position / WINDOW_ROWS) * ROUTINGS_PER_WINDOW + routing;
}

/** Entry number `position` as a line of a history file has it. */
export function entryAt(position: number, routing: PlannedRouting): object {
  const { routingId, itemCode, revisionCode, camRevs } = routing;
  const camRev = 1 + Math.floor(((position % WINDOW_ROWS) * camRevs) / WINDOW_ROWS);
  const [changeType, field] = KINDS[position % KINDS.length] ?? KINDS[0];
  const author = position % 4 === 0 ? position / 4 : camRev + routingId.charCodeAt(0);
  return {
    itemCode,
    revisionCode,
    routingId,
    camRev,
    changeType,
    field,
    previousValue: valueOf(field, position),
    currentValue: valueOf(field, position + 1),
    changedAt: changedAtOf(position),
    changedBy: ENGINEERS[author % ENGINEERS.length],
    actorKind: 'user',
    ...(position % 10 === 0 ? { comment: `Adjusted after the trial run of lot ${position % 977}` } : {}),
  };
}

const KINDS: readonly [[ChangeType, string], ...[ChangeType, string][]] = [
  ['StepChanged', 'toolInformation'],
  ['StepChanged', 'processDescription'],
  ['StepChanged', 'notes'],
  ['StepChanged', 'machine'],
  ['RoutingChanged', 'name'],
  ['StatusChanged', 'status'],
  ['FileReplaced', 'file'],
];

function valueOf(field: string, number: number): string {
  return `${field} ${number % 9973}: end mill D${(number % 24) + 2}, S${3000 + (number % 90) * 100}, F${number % 1200}`;
}
