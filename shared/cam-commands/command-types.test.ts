import { describe, expect, it } from '@jest/globals';
import { CommandTypes } from './command-types.ts';

describe('command types', () => {
  it('are known by application and name together', () => {
    const types = CommandTypes.create();
    expect(types.all().map((type) => `${type.application} ${type.commandType}`)).toEqual([
      'esprit GenerateNcProgram',
      'esprit PostProcess',
      'esprit Simulate',
      'esprit ExportSetupSheet',
      'solidworks ExportModel',
      'solidworks ExtractMetadata',
    ]);
    expect(types.find('solidworks', 'Simulate')).toBeUndefined();
  });

  it('have four attempts, 5 s heartbeats and a lease of 30 s unless told otherwise', () => {
    expect(CommandTypes.create().find('esprit', 'Simulate')).toMatchObject({
      retry: { firstDelayMs: 1000, factor: 2, maxDelayMs: 60_000, maxAttempts: 4, maxLost: 20 },
      limits: { queueMs: 86_400_000, attemptMs: 1_800_000, heartbeatMs: 5000, leaseMs: 30_000 },
    });
  });

  it('take every setting of their own and leave the others alone', () => {
    const types = CommandTypes.create({
      Simulate: {
        FirstDelay: 'PT2S',
        MaxDelay: 'PT1M30S',
        Factor: '1.5',
        MaxAttempts: '2',
        MaxLost: '0',
        Jitter: '0.5',
        PermanentCodes: 'MODEL_BROKEN,NO_STOCK',
        CommandLimit: 'PT8H',
        Reprocess: '0',
        ReprocessAfter: 'PT5M',
        MinVersion: '2024.1',
        QueueLimit: 'PT1H',
        AttemptLimit: 'PT4H',
        Heartbeat: 'PT1S',
        Lease: 'PT4S',
      },
    });
    expect(types.find('esprit', 'Simulate')).toMatchObject({
      retry: {
        firstDelayMs: 2000,
        factor: 1.5,
        maxDelayMs: 90_000,
        maxAttempts: 2,
        maxLost: 0,
        jitter: 0.5,
        permanentCodes: ['MODEL_BROKEN', 'NO_STOCK'],
      },
      limits: {
        queueMs: 3_600_000,
        attemptMs: 14_400_000,
        commandMs: 28_800_000,
        heartbeatMs: 1000,
        leaseMs: 4000,
      },
      reprocess: { times: 0, afterMs: 300_000 },
      ability: { minVersion: '2024.1' },
    });
    expect(types.find('esprit', 'PostProcess')).toMatchObject({ retry: { maxAttempts: 4 } });
  });

  it.each([
    ['Simulate', 'FirstDelay', '5'],
    ['Simulate', 'MaxDelay', 'P1M'],
    ['Simulate', 'Factor', '0.5'],
    ['Simulate', 'MaxAttempts', '0'],
    ['Simulate', 'MaxAttempts', '2.5'],
    ['PostProcess', 'MaxLost', '-1'],
    ['PostProcess', 'QueueLimit', ''],
    ['PostProcess', 'AttemptLimit', 'soon'],
    ['ExportModel', 'Heartbeat', 'PT'],
    ['ExportModel', 'Lease', 'PT9S'],
    ['ExportModel', 'Jitter', '2'],
    ['ExportModel', 'PermanentCodes', 'lower'],
    ['ExportModel', 'MinVersion', 'latest'],
    ['ExportModel', 'Reprocess', '-1'],
  ])('name the wrong setting: CamCommands__%s__%s=%s', (type, name, value) => {
    expect(() => CommandTypes.create({ [type]: { [name]: value } })).toThrow(`CamCommands__${type}__${name}`);
  });

  it.each([
    [
      { QueueLimit: 'P3D' },
      'QueueLimit: QueueLimit (259200000 ms) must not be longer than CommandLimit (172800000 ms)',
    ],
    [
      { CommandLimit: 'PT1H' },
      'CommandLimit: QueueLimit (86400000 ms) must not be longer than CommandLimit (3600000 ms)',
    ],
    [
      { AttemptLimit: 'P3D' },
      'AttemptLimit: AttemptLimit (259200000 ms) must not be longer than CommandLimit',
    ],
    [
      { QueueLimit: 'PT1M', CommandLimit: 'PT10M' },
      'CommandLimit: AttemptLimit (1800000 ms) must not be longer',
    ],
    [
      { FirstDelay: 'PT2M' },
      'FirstDelay: MaxDelay (60000 ms) must not be shorter than FirstDelay (120000 ms)',
    ],
    [{ Heartbeat: 'PT16S' }, 'Heartbeat: Lease (30000 ms) must be at least twice Heartbeat (16000 ms)'],
    [{ Heartbeat: 'PT0.05S' }, 'Heartbeat: must be at least 100 ms'],
    [{ AttemptLimit: 'PT0S' }, 'AttemptLimit: must be more than nothing'],
    [{ QueueLimit: 'PT0S' }, 'QueueLimit: must be more than nothing'],
  ])('that contradict each other stop the start: %j', (settings, message) => {
    expect(() => CommandTypes.create({ PostProcess: settings })).toThrow(
      `CamCommands__PostProcess__${message}`,
    );
  });

  it.each<Readonly<Record<string, string>>>([
    { QueueLimit: 'P2D' },
    { QueueLimit: 'PT30M', CommandLimit: 'PT30M' },
    { Lease: 'PT10S' },
  ])('may go to their bounds: %j', (settings) => {
    expect(CommandTypes.create({ PostProcess: settings }).find('esprit', 'PostProcess')).toBeDefined();
  });

  it('name a setting and a type that do not exist', () => {
    expect(() => CommandTypes.create({ Simulate: { Colour: 'red' } })).toThrow(
      /CamCommands__Simulate__.*Colour/,
    );
    expect(() => CommandTypes.create({ Paint: {} })).toThrow('CamCommands__Paint__');
  });

  it.each([
    ['GenerateNcProgram', { postProcessor: 'Heidenhain TNC 640', programNumber: 1 }, true],
    ['GenerateNcProgram', { simulation: { duration: 'PT0.5S', fault: 'crash', faultAttempts: [1] } }, true],
    ['GenerateNcProgram', { postProcessor: '../../evil' }, false],
    ['GenerateNcProgram', { programNumber: 10_000 }, false],
    ['Simulate', { programNumber: 1 }, false],
    ['Simulate', { simulation: { fault: 'explode' } }, false],
  ])('%s with %j: %s', (name, parameters, accepted) => {
    expect(CommandTypes.create().find('esprit', name)?.parameters.safeParse(parameters).success).toBe(
      accepted,
    );
  });
});
