import type { RoutingStatus } from '../../shared/routings/contracts.ts';
import { entailedEntries } from './life-cycle.ts';

export interface RoutingPlan {
  readonly camRevs: number;
  /** Of the last CAM revision; those before it were released one after the other. */
  readonly status: RoutingStatus;
  /** Field changes over the whole life, one history entry each. */
  readonly edits: number;
}

export interface RevisionPlan {
  readonly revisionCode: string;
  readonly routings: readonly RoutingPlan[];
}

export interface ItemPlan {
  /** Left out: made from the part. */
  readonly itemCode?: string;
  readonly revisions: readonly RevisionPlan[];
}

export interface SeedCounts {
  readonly items: number;
  readonly routings: number;
  readonly camRevs: number;
  /** Entries in all; never fewer than what the rest entails. */
  readonly history: number;
}

const REVISION_CODES = ['A', 'B', 'C'] as const;

/** Ten routings in a row look like this: three Drafts, three on the floor, and one of each other kind. */
const STATUS_CYCLE: readonly RoutingStatus[] = [
  'Draft',
  'Released',
  'PendingApproval',
  'Draft',
  'Released',
  'Approved',
  'Superseded',
  'Draft',
  'Released',
  'Withdrawn',
];

/** The shop of the first start: 200 items, one with 500 routings, one whose routing has 200 CAM revisions. */
export function demoPlan(): ItemPlan[] {
  const many = Array.from({ length: 500 }, (_, index) => ({
    camRevs: 1 + (index % 7 === 0 ? 2 : index % 3 === 0 ? 1 : 0),
    status: statusAt(index),
    edits: index % 4,
  }));
  const long = { camRevs: 200, status: 'Draft', edits: 1000 } as const;
  const others = Array.from({ length: 198 }, (_, index): ItemPlan => {
    const routings = [{ camRevs: 1 + (index % 3), status: statusAt(index), edits: index % 5 }];
    return { revisions: withRoutings((code) => (code === REVISION_CODES[index % 3] ? routings : [])) };
  });
  return [
    { itemCode: 'DEMO-500', revisions: withRoutings((code) => (code === 'A' ? many : [])) },
    { itemCode: 'DEMO-200', revisions: withRoutings((code) => (code === 'A' ? [long] : [])) },
    ...others,
  ];
}

/** Routings spread evenly over item revisions, CAM revisions and changes evenly over routings. */
export function* countedPlan(counts: SeedCounts): Generator<ItemPlan> {
  const revisions = counts.items * REVISION_CODES.length;
  const camRevs = Math.max(counts.camRevs, counts.routings);
  const shape = (index: number) => ({
    camRevs: share(camRevs, counts.routings, index),
    status: statusAt(index),
  });
  let entailed = counts.items + revisions;
  for (let index = 0; index < counts.routings; index += 1) entailed += entailedEntries(shape(index));
  const edits = counts.routings === 0 ? 0 : Math.max(0, counts.history - entailed);
  let routing = 0;
  for (let item = 0; item < counts.items; item += 1) {
    yield {
      itemCode: `ITEM-${String(item + 1).padStart(6, '0')}`,
      revisions: REVISION_CODES.map((revisionCode, position) => {
        const count = share(counts.routings, revisions, item * REVISION_CODES.length + position);
        const routings = Array.from({ length: count }, (_, offset) => ({
          ...shape(routing + offset),
          edits: share(edits, counts.routings, routing + offset),
        }));
        routing += count;
        return { revisionCode, routings };
      }),
    };
  }
}

function withRoutings(routings: (code: string) => readonly RoutingPlan[]): RevisionPlan[] {
  return REVISION_CODES.map((revisionCode) => ({ revisionCode, routings: routings(revisionCode) }));
}

function statusAt(index: number): RoutingStatus {
  return STATUS_CYCLE[index % STATUS_CYCLE.length] ?? 'Draft';
}

/** What share `index` of `parts` gets of `total`: the shares differ by one at most and add up. */
export function share(total: number, parts: number, index: number): number {
  return Math.floor(((index + 1) * total) / parts) - Math.floor((index * total) / parts);
}
