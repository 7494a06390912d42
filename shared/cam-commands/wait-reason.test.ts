import { describe, expect, it } from '@jest/globals';
import { CommandTypes } from './command-types.ts';
import type { Pause } from './pause-rules.ts';
import {
  type LiveWorkstation,
  type WaitFacts,
  type WaitingCommand,
  takersOf,
  waitReasonOf,
} from './wait-reason.ts';

const NOW = new Date('2030-01-01T00:00:00.000Z');
const commandTypes = CommandTypes.create({ PostProcess: { MinVersion: '2024.1' } });

const workstation = (given: Partial<LiveWorkstation> = {}): LiveWorkstation => ({
  name: 'WS-1',
  applications: ['esprit'],
  abilities: [{ application: 'esprit' }],
  runner: 'connected',
  seats: 1,
  ...given,
});
const offering = (given: object, name = 'WS-1') =>
  workstation({ name, abilities: [{ application: 'esprit', ...given }] });
const pause = (given: Partial<Pause>): Pause => ({
  pauseId: 'pause',
  application: null,
  commandType: null,
  workstation: null,
  reason: 'new licence server',
  createdAt: NOW.toISOString(),
  createdBy: 'operator',
  resumeAt: null,
  endedAt: null,
  endedBy: null,
  ...given,
});
const BUSY = [{ application: 'esprit', commandType: 'Simulate', workstation: 'WS-1', count: 1 }];

const reason = (command: Partial<WaitingCommand> = {}, facts: Partial<WaitFacts> = {}) =>
  waitReasonOf(
    {
      status: 'Queued',
      notBefore: null,
      nextAttemptAt: null,
      waitingSince: '2029-12-31T23:59:58.000Z',
      application: 'esprit',
      commandType: 'GenerateNcProgram',
      postProcessor: '',
      machine: 'DMG-50',
      ...command,
    },
    {
      now: NOW,
      commandTypes,
      licencePools: {},
      pauses: [],
      claimed: BUSY,
      workstations: [workstation()],
      ...facts,
    },
  );

describe('why a command waits', () => {
  it.each<[string, Partial<WaitingCommand>, Partial<WaitFacts>, string | null]>([
    ['no seat free', {}, {}, 'no seat free'],
    ['on its way', { waitingSince: '2029-12-31T23:59:58.001Z' }, {}, null],
    ['a seat is free', {}, { claimed: [] }, 'WS-1 has a seat free and has not taken it yet'],
    ['it runs', { status: 'Running' }, {}, null],
    ['it is being cancelled', { status: 'Cancelling' }, {}, null],
    [
      'not before',
      { notBefore: '2030-01-01T00:00:00.001Z' },
      { workstations: [] },
      'not before 2030-01-01T00:00:00.001Z',
    ],
    ['not before is past', { notBefore: '2030-01-01T00:00:00.000Z' }, {}, 'no seat free'],
    [
      'backoff',
      { status: 'Retrying', nextAttemptAt: '2030-01-01T00:00:08.000Z' },
      {},
      'next attempt at 2030-01-01T00:00:08.000Z',
    ],
    ['backoff whose end nobody noted', { status: 'Retrying' }, {}, null],
    [
      'its application is paused',
      {},
      { pauses: [pause({ application: 'esprit' })], workstations: [] },
      'paused: new licence server (esprit)',
    ],
    [
      'its type is paused for a time',
      {},
      {
        pauses: [
          pause({
            application: 'esprit',
            commandType: 'GenerateNcProgram',
            resumeAt: '2030-01-01T06:00:00.000Z',
          }),
        ],
      },
      'paused: new licence server (esprit GenerateNcProgram until 2030-01-01T06:00:00.000Z)',
    ],
    [
      'all that could take it are paused',
      {},
      { pauses: [pause({ workstation: 'WS-1' })] },
      'paused: new licence server (workstation WS-1)',
    ],
    [
      'one that could take it is paused, another is not',
      {},
      {
        pauses: [pause({ workstation: 'WS-1' })],
        workstations: [workstation(), workstation({ name: 'WS-2' })],
      },
      'WS-2 has a seat free and has not taken it yet',
    ],
    [
      'nobody is logged on',
      {},
      { workstations: [workstation({ runner: 'absent' })] },
      'no workstation for esprit: nobody is logged on at WS-1',
    ],
    ['no workstation', {}, { workstations: [] }, 'no workstation for esprit'],
    [
      'no workstation of its application',
      { application: 'solidworks', commandType: 'ExportModel' },
      {},
      'no workstation for solidworks',
    ],
    [
      'no workstation with its post-processor',
      { postProcessor: 'Fanuc 31i' },
      { workstations: [offering({ postProcessors: ['Siemens'] })] },
      'no workstation for esprit with post-processor Fanuc 31i',
    ],
    [
      'no workstation for its machine',
      { postProcessor: 'Siemens' },
      { workstations: [offering({ postProcessors: ['Siemens'], machines: ['HAAS*'] })] },
      'no workstation for esprit for machine DMG-50',
    ],
    [
      'no workstation of its version',
      { commandType: 'PostProcess' },
      { workstations: [offering({ version: '2023.2' })] },
      'no workstation for esprit of version ≥ 2024.1',
    ],
    [
      'each thing is offered, by no workstation all',
      { postProcessor: 'Fanuc' },
      {
        workstations: [
          offering({ postProcessors: ['Fanuc'], machines: [] }),
          offering({ postProcessors: [], machines: ['DMG*'] }, 'WS-2'),
        ],
      },
      'no workstation for esprit with post-processor Fanuc for machine DMG-50',
    ],
    [
      'no licence',
      { waitingSince: NOW.toISOString() },
      { licencePools: { esprit: 1 }, workstations: [workstation({ seats: 4 })] },
      'no licence seat free: pool esprit, 1 of 1 in use',
    ],
  ])('%s', (_title, command, facts, expected) => {
    expect(reason(command, facts)).toBe(expected);
  });
});

it('knows who could take a command: the able ones where somebody is logged on, paused or not', () => {
  const command = {
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    postProcessor: '',
    machine: 'DMG-50',
  };
  const workstations = [
    offering({ machines: ['HAAS'] }, 'WS-1'),
    offering({ machines: ['DMG-*'] }, 'WS-2'),
    workstation({ name: 'WS-3', runner: 'absent' }),
    workstation({ name: 'WS-4', abilities: null, runner: null }),
  ];
  const pauses = [pause({ workstation: 'WS-2' })];
  const facts = { now: NOW, commandTypes, licencePools: {}, pauses, claimed: [], workstations };
  expect(takersOf(command, facts)).toEqual(['WS-2', 'WS-4']);
});
