import { isDeepStrictEqual } from 'node:util';
import type { BulkRow } from '../../../shared/data/index.ts';
import type { FieldError } from '../../../shared/errors.ts';
import { type PreparedBatch, rowsOf } from '../batch.ts';
import { type ImportChange, historyRow } from '../change.ts';
import { derivedId } from '../derived-id.ts';
import { keyOf } from '../look-up.ts';
import type { KnownRouting, KnownStep, Surroundings } from './known-routings.ts';
import type { RoutingRecord } from './record.ts';

/** What tells the rows of one record apart in their ids; step n has `step + n`. */
const SLOT = { routing: 0, camRevision: 1, createdEntry: 2, releasedEntry: 3, step: 16 } as const;

/** Collects what a batch adds to the routings that are there. */
export class RoutingRows {
  readonly #known: Surroundings;
  readonly #change: ImportChange;
  readonly #routings: BulkRow<'Routing'>[] = [];
  readonly #camRevisions: BulkRow<'CamRevision'>[] = [];
  readonly #steps: BulkRow<'RoutingStep'>[] = [];
  readonly #history: BulkRow<'HistoryEntry'>[] = [];

  /** `known` is kept up to date with what is added. */
  constructor(known: Surroundings, change: ImportChange) {
    this.#known = known;
    this.#change = change;
  }

  /** What becomes of a routing; `record` is the number of its first record in the file. */
  add(record: number, value: RoutingRecord): 'added' | 'there' | FieldError {
    const { itemCode, revisionCode, routingCode } = value;
    const revision = keyOf(itemCode, revisionCode);
    const wanted = this.#contentOf(value);
    const there = this.#known.routings.get(keyOf(revision, routingCode));
    if (there) return compare(there, wanted, value);
    if (!this.#known.revisions.has(revision)) {
      return { path: 'revisionCode', message: `there is no revision ${revisionCode} of item ${itemCode}` };
    }
    const main = this.#known.mains.get(revision);
    if (value.isMain && main !== undefined) {
      return { path: 'isMain', message: `the revision has a main routing already: ${main}` };
    }
    this.#make(record, value, wanted);
    this.#known.routings.set(keyOf(revision, routingCode), wanted);
    if (value.isMain) this.#known.mains.set(revision, routingCode);
    return 'added';
  }

  prepared(): PreparedBatch {
    return {
      inserts: [
        rowsOf('Routing', this.#routings),
        rowsOf('CamRevision', this.#camRevisions),
        rowsOf('RoutingStep', this.#steps),
        rowsOf('HistoryEntry', this.#history),
      ],
    };
  }

  #contentOf({ name, machine, owner, status, isMain, steps }: RoutingRecord): KnownRouting {
    return {
      name,
      machine,
      owner: owner ?? this.#change.by,
      status,
      isMain,
      steps: steps.map(toStep).toSorted(bySequence),
    };
  }

  #make(record: number, { itemCode, revisionCode, routingCode }: RoutingRecord, content: KnownRouting): void {
    const { at, by } = this.#change;
    const { name, machine, owner, status } = content;
    const id = (slot: number): string => derivedId(this.#change.fileDigest, record, slot);
    const routingId = id(SLOT.routing);
    const released = status === 'Released';
    this.#routings.push({
      routingId,
      itemCode,
      revisionCode,
      routingCode,
      name,
      machine,
      owner,
      status,
      workingCamRev: 1,
      releasedCamRev: released ? 1 : null,
      isMain: content.isMain ? 1 : 0,
      version: 1,
      createdAt: at,
      createdBy: by,
      changedAt: at,
      changedBy: by,
    });
    this.#camRevisions.push({
      camRevisionId: id(SLOT.camRevision),
      routingId,
      camRev: 1,
      status,
      name,
      machine,
      createdAt: at,
      createdBy: by,
      // Who submitted and approved it in the old system, and when, is not known.
      submittedAt: null,
      submittedBy: null,
      approvedAt: null,
      approvedBy: null,
      releasedAt: released ? at : null,
      releasedBy: released ? by : null,
    });
    for (const [index, step] of content.steps.entries()) {
      this.#steps.push({ routingStepId: id(SLOT.step + index), routingId, camRev: 1, ...step });
    }
    const about = { itemCode, revisionCode, routingId, camRev: 1 };
    const created = { ...about, changeType: 'RoutingCreated', currentValue: routingCode } as const;
    this.#history.push(historyRow(this.#change, id(SLOT.createdEntry), created));
    if (released) {
      const values = { field: 'status', previousValue: 'Draft', currentValue: 'Released' };
      const moved = { ...about, changeType: 'StatusChanged', ...values } as const;
      this.#history.push(historyRow(this.#change, id(SLOT.releasedEntry), moved));
    }
  }
}

function toStep(step: RoutingRecord['steps'][number]): KnownStep {
  const { sequence, machine, processDescription, toolInformation = null, notes = null } = step;
  return { sequence, machine, processDescription, toolInformation, notes };
}

function bySequence(a: KnownStep, b: KnownStep): number {
  return a.sequence - b.sequence;
}

/** An owner that the file does not name may be anybody. */
function compare(
  there: KnownRouting,
  wanted: KnownRouting,
  { owner }: Pick<RoutingRecord, 'owner'>,
): 'there' | FieldError {
  const fields = [
    'name',
    'machine',
    'status',
    'isMain',
    ...(owner === undefined ? [] : (['owner'] as const)),
  ] as const;
  for (const field of fields) {
    if (there[field] !== wanted[field]) {
      const message = `is otherwise than in the routing that is there already: ${there[field]}`;
      return { path: field, message };
    }
  }
  return isDeepStrictEqual(there.steps, wanted.steps)
    ? 'there'
    : { path: 'steps', message: 'are otherwise than in the routing that is there already' };
}
