import type { Insertable } from 'kysely';
import type { CamRevisionTable } from '../../shared/data/index.ts';
import type { HistoryFact } from '../../shared/history/record.ts';
import type { RoutingStep } from '../../shared/routings/contracts.ts';
import { diffSteps } from '../../shared/routings/step-diff.ts';
import {
  APPROVERS,
  COMMENTS,
  ENGINEERS,
  type Part,
  adjustStep,
  makeSteps,
  partName,
  pickMachine,
} from './catalogue.ts';
import { type LifeEvent, type Move, entailedEntries, lifeEvents } from './life-cycle.ts';
import { type RoutingPlan, share } from './plan.ts';
import type { Random } from './random.ts';
import type { SeedRows } from './rows.ts';

export interface RoutingFacts {
  readonly itemCode: string;
  readonly revisionCode: string;
  readonly routingCode: string;
  readonly isMain: boolean;
  readonly part: Part;
  /** The life lies between these two, in milliseconds since 1970. */
  readonly bornMs: number;
  readonly nowMs: number;
}

type Fact = Omit<HistoryFact, 'itemCode'>;

/** Adds a routing with its CAM revisions, steps and history, as if it had been lived. */
export function addRouting(rows: SeedRows, random: Random, plan: RoutingPlan & RoutingFacts): void {
  const life = new RoutingLife(random, plan);
  const total = entailedEntries(plan) + plan.edits;
  const spanMs = plan.nowMs - plan.bornMs;
  for (const event of lifeEvents(plan, (camRev) => share(plan.edits, plan.camRevs, camRev - 1))) {
    const passed = (rows.HistoryEntry.length - life.firstEntry(rows) + random.whole(0, 900) / 1000) / total;
    life.live(rows, event, new Date(plan.bornMs + Math.floor(spanMs * passed)).toISOString());
  }
  life.end(rows);
}

class RoutingLife {
  readonly #random: Random;
  readonly #plan: RoutingPlan & RoutingFacts;
  readonly #routingId: string;
  readonly #owner: string;
  readonly #name: string;
  readonly #machine: string;
  readonly #revisions: Insertable<CamRevisionTable>[] = [];
  #steps: RoutingStep[];
  #author: string;
  #releasedCamRev: number | null = null;
  #firstEntry: number | undefined;

  constructor(random: Random, plan: RoutingPlan & RoutingFacts) {
    this.#random = random;
    this.#plan = plan;
    this.#routingId = random.uuid();
    this.#owner = random.pick(ENGINEERS);
    this.#author = this.#owner;
    this.#name = partName(random, plan.part);
    this.#machine = pickMachine(random, plan.part.kind);
    this.#steps = makeSteps(random, plan.part.kind, this.#machine);
  }

  firstEntry(rows: SeedRows): number {
    return (this.#firstEntry ??= rows.HistoryEntry.length);
  }

  live(rows: SeedRows, event: LifeEvent, at: string): void {
    const random = this.#random;
    if (event.kind === 'move') {
      const by = event.to === 'PendingApproval' ? this.#author : random.pick(APPROVERS);
      this.#record(rows, this.#move(event, at, by), { camRev: event.camRev, at, by });
    } else if (event.kind === 'begin') {
      this.#addSteps(rows);
      this.#record(rows, this.#begin(event.camRev, at), { camRev: event.camRev, at, by: this.#author });
    } else {
      const by = random.oneIn(4) ? random.pick(ENGINEERS) : this.#author;
      this.#record(rows, this.#edit(), { camRev: event.camRev, at, by });
    }
  }

  /** The routing as its life left it. */
  end(rows: SeedRows): void {
    this.#addSteps(rows);
    const { itemCode, revisionCode, routingCode, isMain } = this.#plan;
    const first = rows.HistoryEntry[this.firstEntry(rows)];
    const last = rows.HistoryEntry.at(-1);
    rows.CamRevision.push(...this.#revisions);
    rows.Routing.push({
      routingId: this.#routingId,
      itemCode,
      revisionCode,
      routingCode,
      name: this.#name,
      machine: this.#machine,
      owner: this.#owner,
      status: this.#revisions.at(-1)?.status ?? 'Draft',
      workingCamRev: this.#revisions.length,
      releasedCamRev: this.#releasedCamRev,
      isMain: isMain ? 1 : 0,
      version: rows.HistoryEntry.length - this.firstEntry(rows),
      createdAt: first?.changedAt ?? '',
      createdBy: this.#owner,
      changedAt: last?.changedAt ?? '',
      changedBy: last?.changedBy ?? this.#owner,
    });
  }

  #begin(camRev: number, at: string): Fact {
    if (camRev > 1) this.#author = this.#random.pick(ENGINEERS);
    this.#revisions.push({
      camRevisionId: this.#random.uuid(),
      routingId: this.#routingId,
      camRev,
      status: 'Draft',
      name: this.#name,
      machine: this.#machine,
      createdAt: at,
      createdBy: this.#author,
      submittedAt: null,
      submittedBy: null,
      approvedAt: null,
      approvedBy: null,
      releasedAt: null,
      releasedBy: null,
    });
    return camRev === 1
      ? { changeType: 'RoutingCreated', currentValue: this.#plan.routingCode }
      : {
          changeType: 'CamRevisionStarted',
          field: 'camRev',
          previousValue: String(camRev - 1),
          currentValue: String(camRev),
        };
  }

  /** One field of one step, told as the product tells it. */
  #edit(): Fact {
    const edited = [...this.#steps];
    const index = this.#random.whole(0, edited.length - 1);
    const step = edited[index];
    if (step) edited[index] = adjustStep(this.#random, step);
    const [fact] = diffSteps(this.#steps, edited).facts;
    if (!fact) throw new Error(`an edit of ${this.#plan.routingCode} changed nothing`);
    this.#steps = edited;
    return fact;
  }

  #move({ camRev, from, to }: Move, at: string, by: string): Fact {
    const revision = this.#revisions[camRev - 1];
    if (!revision) throw new Error(`CAM revision ${camRev} has not begun`);
    revision.status = to;
    if (to === 'PendingApproval') Object.assign(revision, { submittedAt: at, submittedBy: by });
    if (to === 'Approved') Object.assign(revision, { approvedAt: at, approvedBy: by });
    if (to === 'Released') {
      Object.assign(revision, { releasedAt: at, releasedBy: by });
      this.#releasedCamRev = camRev;
    } else if (this.#releasedCamRev === camRev) this.#releasedCamRev = null;
    return { changeType: 'StatusChanged', field: 'status', previousValue: from, currentValue: to };
  }

  /** The steps of the CAM revision that has just been edited; nothing before the first. */
  #addSteps(rows: SeedRows): void {
    const camRev = this.#revisions.length;
    if (camRev === 0) return;
    for (const step of this.#steps) {
      rows.RoutingStep.push({
        routingStepId: this.#random.uuid(),
        routingId: this.#routingId,
        camRev,
        sequence: step.sequence,
        machine: step.machine,
        processDescription: step.processDescription,
        toolInformation: step.toolInformation,
        notes: step.notes,
      });
    }
  }

  #record(rows: SeedRows, fact: Fact, { camRev, at, by }: { camRev: number; at: string; by: string }): void {
    const random = this.#random;
    rows.HistoryEntry.push({
      historyId: random.uuid(),
      itemCode: this.#plan.itemCode,
      revisionCode: this.#plan.revisionCode,
      routingId: this.#routingId,
      camRev,
      changeType: fact.changeType,
      field: fact.field ?? null,
      previousValue: fact.previousValue ?? null,
      currentValue: fact.currentValue ?? null,
      changedAt: at,
      changedBy: by,
      actorKind: 'user',
      comment: fact.changeType === 'StatusChanged' && random.oneIn(3) ? random.pick(COMMENTS) : null,
      traceId: null,
    });
  }
}
