import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ImportArguments } from '../../cli/import/arguments.ts';
import { type ImportEnvironment, runImport } from '../../cli/import/run-import.ts';
import { type Database, type Queries, openDatabase } from '../../shared/data/index.ts';

export interface ImportDatabase {
  /** What `SqlConnection` says. */
  readonly connection: string;
  readonly database: Database;
}

/** What an import must do on every engine. `open` gives a migrated, empty database each time. */
export function describeImports(engine: string, open: () => Promise<ImportDatabase>): void {
  describe(`imports into ${engine}`, () => {
    let folder: string;
    let shop: ImportDatabase;
    /** For looking at what is there; what goes through `shop.database` are the statements of the product. */
    let look: Database | undefined;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mcms-import-'));
    });
    afterAll(async () => {
      await look?.close();
      await rm(folder, { recursive: true, force: true });
    });

    function read(): Queries {
      if (!look) throw new Error('no database is open');
      return look.read;
    }

    async function openShop(): Promise<void> {
      await look?.close();
      shop = await open();
      look = await openDatabase(shop.connection);
    }

    async function importText(
      kind: ImportArguments['kind'],
      content: string,
      {
        name = `${kind}.csv`,
        environment = {},
        ...args
      }: Partial<ImportArguments> & { name?: string; environment?: Partial<ImportEnvironment> } = {},
    ) {
      const file = join(folder, name);
      await writeFile(file, content);
      const rejected = `${file}.rejected.ndjson`;
      const outcome = await runImport(
        {
          kind,
          file,
          rejected,
          format: undefined,
          by: 'loader',
          again: false,
          dryRun: false,
          allowUnknown: false,
          lockHistory: true,
          ...args,
        },
        {
          database: shop.database,
          sqlConnection: shop.connection,
          now: () => new Date('2026-01-31T08:00:00.123Z'),
          stopping: () => false,
          onStart: () => undefined,
          onBatch: () => undefined,
          ...environment,
        },
      );
      const { rowsRead, rowsWritten, rowsRejected } = outcome.progress;
      return {
        state: outcome.state,
        counts: { read: rowsRead, written: rowsWritten, rejected: rowsRejected },
        rejects: await readRejects(rejected),
      };
    }

    const items = () => read().selectFrom('Item').selectAll().orderBy('seq').execute();
    const revisions = () => read().selectFrom('ItemRevision').selectAll().orderBy('seq').execute();
    const routings = () => read().selectFrom('Routing').selectAll().orderBy('seq').execute();
    const camRevisions = () => read().selectFrom('CamRevision').selectAll().orderBy('seq').execute();
    const steps = () => read().selectFrom('RoutingStep').selectAll().orderBy('seq').execute();
    const history = () => read().selectFrom('HistoryEntry').selectAll().orderBy('seq').execute();

    const ITEMS = [
      'itemCode,name,description,revisionCode,revisionDescription',
      'I-1,브래킷,"for the ""big"" press",A,first',
      'I-1,브래킷,"for the ""big"" press",B,',
      'I-2,Shaft,,,',
    ].join('\r\n');
    const ROUTINGS = [
      'itemCode,revisionCode,routingCode,name,machine,owner,isMain,status,sequence,stepMachine,processDescription,toolInformation,notes',
      'I-1,A,R-1,Mill,DMU-50,kim,yes,Released,20,,Finish,T2,',
      'I-1,A,R-1,Mill,DMU-50,kim,yes,Released,10,DMU-80,Rough,T1,"two\nlines"',
      'I-1,A,R-2,Turn,CTX,,,,,,,,',
    ].join('\n');
    const HISTORY_HEADER =
      'itemCode,revisionCode,routingCode,camRev,changeType,field,currentValue,changedAt,changedBy';

    describe('of items', () => {
      beforeAll(async () => {
        await openShop();
      });

      it('makes items and revisions with their history', async () => {
        expect(await importText('items', ITEMS)).toEqual({
          state: 'finished',
          counts: { read: 3, written: 3, rejected: 0 },
          rejects: [],
        });
        const stamps = {
          createdAt: '2026-01-31T08:00:00.123Z',
          createdBy: 'loader',
        };
        expect(await items()).toMatchObject([
          { ...stamps, itemCode: 'I-1', name: '브래킷', description: 'for the "big" press', version: 3 },
          { ...stamps, itemCode: 'I-2', name: 'Shaft', description: null, version: 1 },
        ]);
        expect(await revisions()).toMatchObject([
          { ...stamps, itemCode: 'I-1', revisionCode: 'A', description: 'first' },
          { ...stamps, itemCode: 'I-1', revisionCode: 'B', description: null },
        ]);
        const entry = {
          changedAt: stamps.createdAt,
          changedBy: 'loader',
          actorKind: 'service',
          comment: 'imported from items.csv',
        };
        expect(await history()).toMatchObject([
          { ...entry, changeType: 'ItemCreated', itemCode: 'I-1', currentValue: '브래킷' },
          { ...entry, changeType: 'RevisionCreated', itemCode: 'I-1', revisionCode: 'A' },
          { ...entry, changeType: 'RevisionCreated', itemCode: 'I-1', revisionCode: 'B' },
          { ...entry, changeType: 'ItemCreated', itemCode: 'I-2' },
        ]);
      });

      it('does nothing with the same content again, and finds it there when told to', async () => {
        expect(await importText('items', ITEMS, { name: 'copy.csv' })).toMatchObject({
          state: 'nothing-to-do',
        });
        expect(await importText('items', ITEMS, { again: true })).toMatchObject({
          state: 'finished',
          counts: { read: 3, written: 0, rejected: 0 },
        });
        expect(await history()).toHaveLength(4);
      });

      it('adds revisions to items that are there, and refuses what is otherwise', async () => {
        const outcome = await importText(
          'items',
          [
            '{"itemCode":"I-2","name":"Shaft","revisionCode":"A"}',
            '{"itemCode":"I-2","name":"Axle"}',
            '{"itemCode":"I-1","name":"브래킷"}',
            '{"itemCode":"i-1","name":"another by its case"}',
            '{"itemCode":"I/3","name":"","colour":1}',
            'no json',
          ].join('\n'),
          { name: 'more.ndjson' },
        );
        expect(outcome.counts).toEqual({ read: 6, written: 2, rejected: 4 });
        expect(outcome.rejects).toEqual([
          {
            line: 5,
            reasons: [
              { path: 'itemCode', message: expect.stringContaining('must be letters') },
              { path: 'name', message: expect.any(String) },
              { path: 'colour', message: 'is not known here' },
            ],
            record: { itemCode: 'I/3', colour: 1 },
          },
          {
            line: 6,
            reasons: [{ path: '', message: expect.stringContaining('is not JSON') }],
            record: 'no json',
          },
          {
            line: 2,
            reasons: [{ path: 'name', message: 'is otherwise than what is there already: "Shaft"' }],
            record: { itemCode: 'I-2', name: 'Axle' },
          },
          {
            line: 3,
            reasons: [
              {
                path: 'description',
                message: expect.stringContaining('is otherwise than what is there already'),
              },
            ],
            record: { itemCode: 'I-1', name: '브래킷' },
          },
        ]);
        expect((await items()).map(({ itemCode, version }) => [itemCode, version])).toEqual([
          ['I-1', 3],
          ['I-2', 2],
          ['i-1', 1],
        ]);
      });
    });

    describe('of routings', () => {
      beforeAll(async () => {
        await openShop();
        await importText('items', ITEMS);
      });

      it('only checks, when told so', async () => {
        const wrong = `${ROUTINGS}\nI-9,A,R-1,Mill,DMU-50,,,,,,,,\nI-1,A,R-2,Grind,CTX,,,,,,,,`;
        const outcome = await importText('routings', wrong, { dryRun: true });
        expect(outcome).toMatchObject({
          state: 'checked',
          counts: { read: 5, written: 3, rejected: 2 },
          rejects: [
            { line: 7, reasons: [{ path: 'name' }] },
            { line: 6, reasons: [{ path: 'revisionCode' }] },
          ].toReversed(),
        });
        expect(await routings()).toEqual([]);
        expect(await read().selectFrom('ImportRun').select('kind').execute()).toEqual([{ kind: 'items' }]);
      });

      it('makes routings, steps and the first CAM revision', async () => {
        expect((await importText('routings', ROUTINGS)).counts).toEqual({ read: 3, written: 3, rejected: 0 });
        expect(await routings()).toMatchObject([
          {
            routingCode: 'R-1',
            owner: 'kim',
            status: 'Released',
            isMain: 1,
            workingCamRev: 1,
            releasedCamRev: 1,
            version: 1,
          },
          { routingCode: 'R-2', owner: 'loader', status: 'Draft', isMain: 0, releasedCamRev: null },
        ]);
        expect(await camRevisions()).toMatchObject([
          { camRev: 1, status: 'Released', releasedBy: 'loader', approvedBy: null },
          { camRev: 1, status: 'Draft', releasedAt: null },
        ]);
        expect(await steps()).toMatchObject([
          { sequence: 10, machine: 'DMU-80', processDescription: 'Rough', notes: 'two\nlines' },
          { sequence: 20, machine: 'DMU-50', processDescription: 'Finish', notes: null },
        ]);
        expect((await history()).slice(-3)).toMatchObject([
          { changeType: 'RoutingCreated', currentValue: 'R-1', camRev: 1 },
          { changeType: 'StatusChanged', previousValue: 'Draft', currentValue: 'Released' },
          { changeType: 'RoutingCreated', currentValue: 'R-2' },
        ]);
      });

      it('finds the same routings there in the other format', async () => {
        const step = { machine: 'DMU-50', sequence: 20, processDescription: 'Finish', toolInformation: 'T2' };
        const first = {
          ...step,
          machine: 'DMU-80',
          sequence: 10,
          processDescription: 'Rough',
          toolInformation: 'T1',
        };
        const codes = { itemCode: 'I-1', revisionCode: 'A' };
        const content = [
          {
            ...codes,
            routingCode: 'R-1',
            name: 'Mill',
            machine: 'DMU-50',
            isMain: true,
            status: 'Released',
            steps: [step, { ...first, notes: 'two\nlines' }],
          },
          { ...codes, routingCode: 'R-2', name: 'Turn', machine: 'CTX' },
        ].map((record) => JSON.stringify(record));
        const outcome = await importText('routings', content.join('\n'), { name: 'routings.ndjson' });
        expect(outcome.counts).toEqual({ read: 2, written: 0, rejected: 0 });
      });

      it('refuses a routing as a whole', async () => {
        const outcome = await importText(
          'routings',
          [
            'itemCode,revisionCode,routingCode,name,machine,isMain,status,sequence,processDescription',
            'I-1,A,R-3,Mill,DMU-50,yes,,10,Rough',
            'I-1,B,R-1,Mill,DMU-50,,Approved,10,Rough',
            'I-1,B,R-1,Mill,DMU-80,,,10,Finish',
            'I-1,B,R-2,Mill,DMU-50,,,,',
            'I-1,A,R-2,Turn,CTX,,,10,More',
          ].join('\n'),
          { name: 'wrong.csv' },
        );
        expect(outcome.counts).toEqual({ read: 5, written: 1, rejected: 4 });
        const byLine = outcome.rejects.toSorted((a, b) => a.line - b.line);
        expect(byLine.map(({ line, reasons }) => [line, reasons.map(({ path }) => path)])).toEqual([
          [2, ['isMain']],
          [3, ['machine', 'steps[1].sequence', 'status']],
          [6, ['steps']],
        ]);
        expect(byLine[1]?.record).toHaveLength(2);
      });
    });

    describe('of history', () => {
      beforeAll(async () => {
        await openShop();
        await importText('items', ITEMS);
        await importText('routings', ROUTINGS);
      });

      const ENTRY = 'I-1,A,R-1,3,StepChanged,steps[0].notes,"한글, new",2015-05-06T07:08:09.5+09:00,kim';

      it('finds routings by their code and gives ids that a repetition finds', async () => {
        const [routing] = await routings();
        const content = `${HISTORY_HEADER}\n${ENTRY}\nI-2,,,,ItemChanged,name,Shaft,2014-01-01T00:00:00Z,lee\n`;
        expect((await importText('history', content)).counts).toEqual({ read: 2, written: 2, rejected: 0 });
        const [first, second] = (await history()).slice(-2);
        expect(first).toMatchObject({
          itemCode: 'I-1',
          revisionCode: 'A',
          routingId: routing?.routingId,
          camRev: 3,
          field: 'steps[0].notes',
          currentValue: '한글, new',
          previousValue: null,
          changedAt: '2015-05-05T22:08:09.500Z',
          changedBy: 'kim',
          actorKind: 'service',
          comment: null,
        });
        expect(second).toMatchObject({ itemCode: 'I-2', revisionCode: null, routingId: null, camRev: null });
        expect((await importText('history', content, { again: true })).counts).toEqual({
          read: 2,
          written: 0,
          rejected: 0,
        });
      });

      it('writes the same rows from either format', async () => {
        const [routing] = await routings();
        const record = {
          historyId: 'AAAAAAAA-0000-4000-8000-000000000001',
          itemCode: 'I-1',
          routingId: routing?.routingId,
          changeType: 'StatusChanged',
          field: 'status',
          previousValue: 'Draft',
          currentValue: '',
          changedAt: '2016-01-01T00:00:00.000Z',
          changedBy: 'kim',
          actorKind: 'user',
          traceId: '0'.repeat(32),
          comment: 'two\nlines',
        };
        const names = Object.keys(record);
        const values = Object.values(record).map((value) => `"${value}"`);
        const csv = [names.join(','), values.join(',')].join('\n');
        expect((await importText('history', csv, { name: 'one.csv' })).counts.written).toBe(1);
        const ndjson = await importText('history', JSON.stringify(record), { name: 'one.ndjson' });
        expect(ndjson.counts).toEqual({ read: 1, written: 0, rejected: 0 });
        expect((await history()).at(-1)).toMatchObject({
          historyId: record.historyId.toLowerCase(),
          revisionCode: 'A',
          currentValue: null,
        });
      });

      it('says what is wrong with what it does not take', async () => {
        const id = 'aaaaaaaa-0000-4000-8000-000000000001';
        const rest = { changeType: 'ItemChanged', changedAt: '2016-01-01T00:00:00Z', changedBy: 'kim' };
        const records = [
          { ...rest, itemCode: 'I-9' },
          { ...rest, itemCode: 'I-1', revisionCode: 'Z' },
          { ...rest, itemCode: 'I-1', revisionCode: 'A', routingCode: 'R-9' },
          { ...rest, itemCode: 'I-1', routingId: '99999999-0000-4000-8000-000000000001' },
          { ...rest, itemCode: 'I-2', routingId: (await routings())[0]?.routingId },
          { ...rest, itemCode: 'I-1', changeType: 'Painted', changedBy: undefined },
          { ...rest, itemCode: 'I-1', historyId: id },
          { ...rest, itemCode: 'I-2' },
        ].map((record) => JSON.stringify(record));
        const outcome = await importText('history', records.join('\n'), { name: 'wrong.ndjson' });
        expect(outcome.counts).toEqual({ read: 8, written: 1, rejected: 7 });
        const byLine = outcome.rejects.toSorted((a, b) => a.line - b.line);
        expect(byLine.map(({ line, reasons }) => [line, ...reasons.map(({ path }) => path)])).toEqual([
          [1, 'itemCode'],
          [2, 'revisionCode'],
          [3, 'routingCode'],
          [4, 'routingId'],
          [5, 'routingId'],
          [6, 'changeType', 'changedBy'],
          [7, 'historyId'],
        ]);
      });

      it('takes entries on what is not there, when told so', async () => {
        const records = [
          `I-9,Q,,,ItemChanged,name,x,2016-01-01T00:00:00Z,kim`,
          `I-9,Q,R-1,1,StepChanged,name,x,2016-01-01T00:00:00Z,kim`,
        ];
        const outcome = await importText('history', [HISTORY_HEADER, ...records].join('\n'), {
          name: 'gone.csv',
          allowUnknown: true,
        });
        expect(outcome.counts).toEqual({ read: 2, written: 1, rejected: 1 });
        expect(outcome.rejects).toMatchObject([{ line: 3, reasons: [{ path: 'routingCode' }] }]);
      });

      it('ends where it is told to, and goes on from there with the same rows and rejects', async () => {
        const before = (await history()).length;
        const lines = Array.from({ length: 30_000 }, (_, index) =>
          index % 1000 === 7
            ? 'I-9,,,,ItemChanged,name,x,2016-01-01T00:00:00Z,kim'
            : `I-1,A,R-${1 + (index % 2)},1,StepChanged,f${index},,2016-01-01T00:00:00Z,kim`,
        );
        const content = [HISTORY_HEADER, ...lines].join('\r\n');
        let asked = 0;
        const stopping = () => (asked += 1) > 4;
        const stopped = await importText('history', content, { name: 'long.csv', environment: { stopping } });
        expect(stopped.state).toBe('stopped');
        expect(stopped.counts.read).toBeGreaterThan(0);
        expect(stopped.counts.read).toBeLessThan(30_000);
        const ended = await importText('history', content, { name: 'long.csv' });
        expect(ended).toMatchObject({
          state: 'finished',
          counts: { read: 30_000, written: 29_970, rejected: 30 },
        });
        expect(ended.rejects.map(({ line }) => line)).toEqual(
          Array.from({ length: 30 }, (_, index) => index * 1000 + 9),
        );
        const written = (await history()).slice(before).map(({ field }) => field);
        expect(written).toEqual(lines.flatMap((_, index) => (index % 1000 === 7 ? [] : [`f${index}`])));
      });

      it('refuses a file that changes while it is read', async () => {
        const lines = Array.from(
          { length: 30_000 },
          (_, index) => `I-1,,,,ItemChanged,g${index},,2016-01-01T00:00:00Z,kim`,
        );
        const content = [HISTORY_HEADER, ...lines].join('\n');
        const environment = {
          onBatch: async () => {
            await writeFile(join(folder, 'changing.csv'), `${content}\n`);
          },
        };
        await expect(importText('history', content, { name: 'changing.csv', environment })).rejects.toThrow(
          'was changed while it was read',
        );
      });
    });
  });
}

interface Reject {
  readonly line: number;
  readonly reasons: readonly { readonly path: string; readonly message: string }[];
  readonly record: unknown;
}

async function readRejects(path: string): Promise<Reject[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Reject);
}
