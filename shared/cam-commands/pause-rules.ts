import type { Selectable } from 'kysely';
import type { CamPauseTable } from '../data/index.ts';
import type { Wanted } from './lanes.ts';

/** A pause of an application, of one of its command types, or of a workstation. */
export type Pause = Omit<Selectable<CamPauseTable>, 'seq'>;
export type PauseTarget = Pick<Pause, 'application' | 'commandType' | 'workstation'>;

/** Whether a pause is in force: nobody has ended it, and its own end has not come. */
export function isInForce(pause: Pick<Pause, 'endedAt' | 'resumeAt'>, now: Date): boolean {
  return pause.endedAt === null && (pause.resumeAt === null || Date.parse(pause.resumeAt) > now.getTime());
}

/** Whether a pause keeps items that want this from being claimed, wherever. */
export function coversLane(pause: PauseTarget, lane: Pick<Wanted, 'application' | 'commandType'>): boolean {
  if (pause.workstation !== null || pause.application !== lane.application) return false;
  return pause.commandType === null || pause.commandType === lane.commandType;
}

/** Whether a pause keeps a workstation from claiming. */
export function coversWorkstation(pause: PauseTarget, workstation: string): boolean {
  return pause.workstation === workstation;
}

/** What is paused, in words: `esprit`, `esprit Simulate`, `workstation WS-1`. */
export function targetLabel({ application, commandType, workstation }: PauseTarget): string {
  if (workstation !== null) return `workstation ${workstation}`;
  return commandType === null ? String(application) : `${application} ${commandType}`;
}
