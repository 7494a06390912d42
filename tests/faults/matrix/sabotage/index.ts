import type { Phase } from '../phases.ts';

/** One of the four protections taken away, in a process of a fault test. */
export interface Sabotage {
  readonly name: string;
  /** What does not protect any more. */
  readonly without: string;
  /** The fault under which it shows. */
  readonly fault: string;
  /** Where the strike must find a command; default every phase. */
  readonly phases?: readonly Phase[];
  /** Preloaded into the Functions host. */
  readonly preload: string;
}

const preloadOf = (name: string): string => new URL(`../preload/sabotage-${name}.ts`, import.meta.url).href;

export const sabotages: readonly Sabotage[] = [
  {
    name: 'fence',
    without: 'a result counts for the latest attempt, whichever it is of',
    fault: 'duplicates',
    preload: preloadOf('fence'),
  },
  {
    name: 'outbox',
    without: 'messages and events are sent after the commit without having been written with it',
    fault: 'kill-host',
    phases: ['accepted'],
    preload: preloadOf('outbox'),
  },
  {
    name: 'dedupe',
    without: 'a message that has come before starts its run again',
    fault: 'duplicates',
    preload: preloadOf('dedupe'),
  },
  {
    name: 'claim',
    without: 'a claim takes an item that another workstation holds',
    fault: 'poison',
    phases: ['waiting', 'running'],
    preload: preloadOf('claim'),
  },
];
