import { describe, expect, it } from '@jest/globals';
import { CommandTypes } from './command-types.ts';
import {
  type Offer,
  type QueueFacts,
  bestHead,
  isAtLeast,
  lackOf,
  laneObstacle,
  workstationObstacle,
} from './eligibility.ts';
import type { Head, Wanted } from './lanes.ts';
import type { Pause } from './pause-rules.ts';

const NOW = new Date('2030-01-01T00:00:00.000Z');
const commandTypes = CommandTypes.create({ PostProcess: { MinVersion: '2024.1' } });

const pause = (given: Partial<Pause>): Pause => ({
  pauseId: 'pause',
  application: null,
  commandType: null,
  workstation: null,
  reason: 'service',
  createdAt: NOW.toISOString(),
  createdBy: 'operator',
  resumeAt: null,
  endedAt: null,
  endedBy: null,
  ...given,
});
const facts = (given: Partial<QueueFacts> = {}): QueueFacts => ({
  now: NOW,
  commandTypes,
  licencePools: {},
  pauses: [],
  claimed: [],
  ...given,
});
const offer = (given: Partial<Offer> = {}): Offer => ({
  name: 'WS-1',
  applications: ['esprit'],
  abilities: [{ application: 'esprit' }],
  runner: 'connected',
  ...given,
});
const wanted = (given: Partial<Wanted> = {}): Wanted => ({
  application: 'esprit',
  commandType: 'GenerateNcProgram',
  postProcessor: '',
  machine: 'DMG-50',
  ...given,
});
let seq = 0;
const head = (given: Partial<Head> = {}): Head => ({
  ...wanted(),
  laneId: 1,
  seq: (seq += 1),
  workItemId: 'item',
  priority: 5,
  turn: 0,
  ...given,
});
const ability = (given: object) => offer({ abilities: [{ application: 'esprit', ...given }] });

describe('what a workstation lacks for a lane', () => {
  it.each<[string, Offer, Partial<Wanted>, string | undefined]>([
    ['nothing, when it restricts nothing', offer(), { postProcessor: 'Fanuc' }, undefined],
    ['the application', offer({ applications: ['solidworks'] }), {}, 'application'],
    ['the application, without an ability for it', offer({ abilities: [] }), {}, 'application'],
    ['nothing, being an agent of version 0.1', offer({ abilities: null }), { postProcessor: 'x' }, undefined],
    ['the version', ability({ version: '2023.9' }), { commandType: 'PostProcess' }, 'version'],
    ['the version, telling none', offer(), { commandType: 'PostProcess' }, 'version'],
    [
      'nothing, of the least version',
      ability({ version: '2024.1' }),
      { commandType: 'PostProcess' },
      undefined,
    ],
    ['nothing, where no version is asked for', ability({ version: '1' }), {}, undefined],
    [
      'the post-processor',
      ability({ postProcessors: ['Fanuc'] }),
      { postProcessor: 'fanuc' },
      'post-processor',
    ],
    [
      'nothing, having the post-processor',
      ability({ postProcessors: ['Fanuc'] }),
      { postProcessor: 'Fanuc' },
      undefined,
    ],
    ['nothing, where no post-processor is named', ability({ postProcessors: [] }), {}, undefined],
    ['the machine', ability({ machines: ['DMG-5', 'HAAS*'] }), {}, 'machine'],
    ['nothing, having the machine', ability({ machines: ['DMG-50'] }), {}, undefined],
    ['nothing, having the group of machines', ability({ machines: ['X', 'DMG-*'] }), {}, undefined],
    [
      'nothing, in a lane of version 0.1',
      ability({ machines: [] }),
      { commandType: '', machine: '' },
      undefined,
    ],
  ])('%s', (_title, given, lane, lack) => {
    expect(lackOf(given, wanted(lane), commandTypes)).toBe(lack);
  });

  it.each([
    ['2024', '2024.0', true],
    ['2024.10', '2024.9', true],
    ['2024.9', '2024.10', false],
    ['2025', '2024.99.1', true],
    ['2023.99', '2024', false],
    [undefined, '1', false],
  ])('%s is at least %s: %s', (version, least, expected) => {
    expect(isAtLeast(version, least)).toBe(expected);
  });
});

describe('what keeps a lane waiting', () => {
  it.each<[string, Partial<Pause>, boolean]>([
    ['of its application', { application: 'esprit' }, true],
    ['of its type', { application: 'esprit', commandType: 'GenerateNcProgram' }, true],
    ['of another type', { application: 'esprit', commandType: 'Simulate' }, false],
    ['of another application', { application: 'solidworks' }, false],
    ['of a workstation', { workstation: 'WS-1' }, false],
    ['that somebody ended', { application: 'esprit', endedAt: '2029-01-01T00:00:00.000Z' }, false],
    ['that has ended by itself', { application: 'esprit', resumeAt: NOW.toISOString() }, false],
    ['that ends later', { application: 'esprit', resumeAt: '2030-01-01T00:00:00.001Z' }, true],
  ])('a pause %s', (_title, given, keeps) => {
    const obstacle = laneObstacle(wanted(), facts({ pauses: [pause(given)] }));
    expect(obstacle?.kind).toBe(keeps ? 'paused' : undefined);
  });

  it('a pause of a type does not hold what is known by its application alone', () => {
    const pauses = [pause({ application: 'esprit', commandType: 'Simulate' })];
    expect(laneObstacle({ application: 'esprit', commandType: '' }, facts({ pauses }))).toBeUndefined();
  });

  it('a licence pool without a seat, counted over all workstations and types', () => {
    const claimed = [
      { application: 'esprit', commandType: 'Simulate', workstation: 'WS-1', count: 2 },
      { application: 'esprit', commandType: null, workstation: 'WS-2', count: 1 },
      { application: 'solidworks', commandType: 'ExportModel', workstation: 'WS-2', count: 7 },
    ];
    const given = (seats: number) => facts({ claimed, licencePools: { esprit: seats } });
    expect(laneObstacle(wanted(), given(4))).toBeUndefined();
    expect(laneObstacle(wanted(), given(3))).toEqual({
      kind: 'no-licence',
      pool: { name: 'esprit', seats: 3, inUse: 3 },
    });
    expect(laneObstacle(wanted({ application: 'solidworks' }), given(3))).toBeUndefined();
  });
});

describe('what keeps a workstation from claiming', () => {
  it('a pause of its own, or that nobody is logged on', () => {
    const pauses = [pause({ workstation: 'WS-1' })];
    expect(workstationObstacle(offer(), { pauses, now: NOW })?.kind).toBe('paused');
    expect(workstationObstacle(offer({ name: 'WS-2' }), { pauses, now: NOW })).toBeUndefined();
    expect(workstationObstacle(offer({ runner: 'absent' }), facts())?.kind).toBe('no-runner');
    expect(workstationObstacle(offer({ runner: null }), facts())).toBeUndefined();
    expect(bestHead([head()], offer({ runner: 'absent' }), facts())).toBeUndefined();
  });
});

describe('the item to claim', () => {
  it('is of highest priority, then of the earliest round, then the oldest', () => {
    const [old, young, next, urgent] = [
      head({ turn: 1 }),
      head({ turn: 1 }),
      head({ turn: 0 }),
      head({ priority: 6, turn: 9 }),
    ];
    const best = (...heads: Head[]) => bestHead(heads, offer(), facts());
    expect(best(young, old)).toBe(old);
    expect(best(young, old, next)).toBe(next);
    expect(best(young, next, urgent, old)).toBe(urgent);
    expect(best()).toBeUndefined();
  });

  it('is the best of those the workstation may take: what it may not take holds up nothing', () => {
    const [foreign, paused, fits] = [
      head({ machine: 'HAAS', priority: 9 }),
      head({ commandType: 'Simulate', priority: 8 }),
      head({ priority: 0 }),
    ];
    const pauses = [pause({ application: 'esprit', commandType: 'Simulate' })];
    expect(bestHead([foreign, paused, fits], ability({ machines: ['DMG*'] }), facts({ pauses }))).toBe(fits);
  });
});
