import type { Selectable } from 'kysely';
import type { CamCommandTable } from '../data/index.ts';
import type { CamRevisionRow, FileRow, RoutingRow, StepRow } from './cam-revision-repository.ts';
import type {
  CamRevision,
  LastCommand,
  Routing,
  RoutingFile,
  RoutingStatus,
  RoutingStep,
} from './contracts.ts';

/** A row of `routingPageQuery`. */
export interface RoutingListRow {
  readonly seq: number;
  readonly routingId: string;
  readonly itemCode: string;
  readonly revisionCode: string;
  readonly routingCode: string;
  readonly name: string;
  readonly machine: string;
  readonly owner: string;
  readonly status: string;
  readonly camRev: number;
  readonly releasedCamRev: number | null;
  readonly isMain: number;
  readonly changedAt: string;
  readonly changedBy: string;
  readonly version: number;
}

export function toRouting(row: RoutingListRow): Routing {
  return {
    routingId: row.routingId,
    itemCode: row.itemCode,
    revisionCode: row.revisionCode,
    routingCode: row.routingCode,
    name: row.name,
    machine: row.machine,
    owner: row.owner,
    status: row.status as RoutingStatus,
    camRev: row.camRev,
    releasedCamRev: row.releasedCamRev,
    isMain: row.isMain === 1,
    changedAt: row.changedAt,
    changedBy: row.changedBy,
    version: row.version,
  };
}

/** The routing as its working CAM revision. */
export function toWorkingRouting(row: RoutingRow): Routing {
  return toRouting({ ...row, camRev: row.workingCamRev });
}

/** The routing as one that was released: what came after it does not show. */
export function toReleasedRouting(row: RoutingRow, released: CamRevisionRow): Routing {
  return toRouting({
    ...row,
    name: released.name,
    machine: released.machine,
    status: released.status,
    camRev: released.camRev,
    changedAt: released.releasedAt ?? row.changedAt,
    changedBy: released.releasedBy ?? row.changedBy,
  });
}

export function toStep(row: StepRow): RoutingStep {
  const { sequence, machine, processDescription, toolInformation, notes } = row;
  return { sequence, machine, processDescription, toolInformation, notes };
}

export function toFile({ seq: _seq, ...row }: FileRow): RoutingFile {
  return { ...row, status: 'Available' };
}

export function toCamRevision(routing: RoutingRow, row: CamRevisionRow): CamRevision {
  return {
    routingId: row.routingId,
    itemCode: routing.itemCode,
    revisionCode: routing.revisionCode,
    routingCode: routing.routingCode,
    camRev: row.camRev,
    name: row.name,
    machine: row.machine,
    status: row.status as RoutingStatus,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    submittedAt: row.submittedAt,
    submittedBy: row.submittedBy,
    approvedAt: row.approvedAt,
    approvedBy: row.approvedBy,
    releasedAt: row.releasedAt,
    releasedBy: row.releasedBy,
  };
}

export function toLastCommand(row: Selectable<CamCommandTable>): LastCommand {
  return {
    commandId: row.commandId,
    camRev: row.camRev,
    application: row.application,
    commandType: row.commandType,
    status: row.status,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    requestedAt: row.requestedAt,
    requestedBy: row.requestedBy,
    startedAt: row.startedAt,
    completedAt: row.completedAt,
    workstation: row.workstation,
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
  };
}
