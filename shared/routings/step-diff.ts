import type { HistoryFact } from '../history/index.ts';
import type { RoutingStep } from './contracts.ts';

export interface StepDiff {
  readonly added: readonly RoutingStep[];
  /** New contents of steps that stay. */
  readonly changed: readonly RoutingStep[];
  /** Sequence numbers. */
  readonly removed: readonly number[];
  /** One for each added or removed step, and for each changed field of the others; by sequence. */
  readonly facts: readonly StepFact[];
}

export type StepFact = Pick<HistoryFact, 'changeType' | 'field' | 'previousValue' | 'currentValue'>;

const FIELDS = ['machine', 'processDescription', 'toolInformation', 'notes'] as const;

/** What replacing one list of steps by another means. A step is known by its `sequence`: renumbering removes one and adds one. */
export function diffSteps(previous: readonly RoutingStep[], next: readonly RoutingStep[]): StepDiff {
  const before = new Map(previous.map((step) => [step.sequence, step]));
  const after = new Map(next.map((step) => [step.sequence, step]));
  const sequences = [...new Set([...before.keys(), ...after.keys()])].toSorted((a, b) => a - b);
  const added: RoutingStep[] = [];
  const changed: RoutingStep[] = [];
  const removed: number[] = [];
  const facts: StepFact[] = [];
  for (const sequence of sequences) {
    const [was, is] = [before.get(sequence), after.get(sequence)];
    const changes = was && is ? fieldFacts(was, is) : [];
    if (!was && is) added.push(is);
    if (was && !is) removed.push(sequence);
    if (is && changes.length > 0) changed.push(is);
    facts.push(...changes, ...presenceFacts(was, is));
  }
  return { added, changed, removed, facts };
}

function fieldFacts(was: RoutingStep, is: RoutingStep): StepFact[] {
  return FIELDS.filter((field) => was[field] !== is[field]).map((field) => ({
    changeType: 'StepChanged',
    field: `steps[${is.sequence}].${field}`,
    previousValue: was[field],
    currentValue: is[field],
  }));
}

function presenceFacts(was: RoutingStep | undefined, is: RoutingStep | undefined): StepFact[] {
  if (!was && is)
    return [{ changeType: 'StepAdded', field: `steps[${is.sequence}]`, currentValue: describeStep(is) }];
  if (was && !is)
    return [{ changeType: 'StepRemoved', field: `steps[${was.sequence}]`, previousValue: describeStep(was) }];
  return [];
}

/** A step in one line: machine, what is done, with which tool. */
export function describeStep({ machine, processDescription, toolInformation }: RoutingStep): string {
  return [`${machine}: ${processDescription}`, toolInformation].filter((part) => part !== null).join(' · ');
}
