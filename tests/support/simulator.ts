import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AdapterJob,
  type AdapterLine,
  adapterLine,
  type AdapterResult,
  adapterResult,
} from '../../cmdhost/adapters/contract.ts';

const ADAPTERS = join(import.meta.dirname, '../../cmdhost/adapters');

export type Simulator = 'esprit-simulator' | 'solidworks-simulator';

/** A folder with the model, a ledger, and the folders of the jobs a simulator is given. Call `remove` at the end. */
export class SimulatorRig {
  readonly #simulator: Simulator;
  readonly #folder: string;

  private constructor(simulator: Simulator, folder: string) {
    this.#simulator = simulator;
    this.#folder = folder;
  }

  static async create(simulator: Simulator): Promise<SimulatorRig> {
    const folder = await mkdtemp(join(tmpdir(), 'mcms-simulator-'));
    await writeFile(join(folder, 'bracket.esp'), 'the CAM model');
    return new SimulatorRig(simulator, folder);
  }

  /** A job of its own, with `change` laid over it; written where `start` and `request` look for it. */
  async job(commandType: string, change: Partial<AdapterJob> = {}): Promise<AdapterJob> {
    const attemptId = crypto.randomUUID();
    const folder = join(this.#folder, attemptId);
    await mkdir(join(folder, 'output'), { recursive: true });
    const job: AdapterJob = {
      schemaVersion: 1,
      commandId: crypto.randomUUID(),
      attemptId,
      attempt: 1,
      application: this.#simulator === 'esprit-simulator' ? 'esprit' : 'solidworks',
      commandType,
      parameters: {},
      workstation: 'WS-01',
      routing: {
        routingId: 'c0ffee00-0000-4000-8000-000000000003',
        itemCode: 'BRK-1001',
        revisionCode: 'A',
        routingCode: 'R10',
        name: 'Bracket',
        machine: 'DMG-1',
        camRev: 3,
        steps: [
          {
            sequence: 10,
            machine: 'DMG-1',
            processDescription: 'Face top',
            toolInformation: 'T12 FACE MILL D50',
            notes: null,
          },
        ],
      },
      inputs: [
        {
          fileName: 'bracket.esp',
          role: 'cam-model',
          path: join(this.#folder, 'bracket.esp'),
          sizeBytes: 13,
          sha256: '',
        },
      ],
      outputFolder: join(folder, 'output'),
      resultFile: join(folder, 'result.json'),
      ...change,
    };
    await writeFile(join(folder, 'job.json'), JSON.stringify(job));
    return job;
  }

  /** The program with these arguments, its stdin held open. */
  start(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [join(ADAPTERS, this.#simulator, 'main.ts'), ...args], {
      env: { PATH: process.env['PATH'], SIMULATOR_LEDGER: join(this.#folder, 'ledger') },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  /** Runs the job in a process of its own. `code` is null after a signal. */
  async run(job: AdapterJob): Promise<{ code: number | null; lines: AdapterLine[] }> {
    const child = this.start(['--job', this.jobFile(job)]);
    let stdout = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number | null];
    const lines = stdout.split('\n').filter(Boolean);
    return { code, lines: lines.map((line) => adapterLine.parse(JSON.parse(line))) };
  }

  jobFile(job: AdapterJob): string {
    return join(this.#folder, job.attemptId, 'job.json');
  }

  async result(job: AdapterJob): Promise<AdapterResult> {
    return adapterResult.parse(JSON.parse(await readFile(job.resultFile, 'utf8')));
  }

  async ledger(): Promise<Record<string, unknown>[]> {
    const text = await readFile(join(this.#folder, 'ledger'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

/** A simulator's process that is kept: `--serve`. */
export class ServingSimulator {
  readonly child: ChildProcess;
  /** Exit code and signal. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  readonly #rig: SimulatorRig;
  readonly #lines: AsyncIterator<Record<string, unknown>>;

  constructor(rig: SimulatorRig) {
    this.#rig = rig;
    this.child = rig.start(['--serve']);
    this.ended = once(this.child, 'exit') as ServingSimulator['ended'];
    this.#lines = linesOf(this.child);
  }

  /** Names the job on stdin, without waiting for anything. */
  request(job: AdapterJob): void {
    this.child.stdin?.write(`${JSON.stringify({ type: 'job', jobFile: this.#rig.jobFile(job) })}\n`);
  }

  /** The lines up to the first of that type, itself included. @throws {Error} when stdout ends before it */
  async until(type: string): Promise<Record<string, unknown>[]> {
    const lines: Record<string, unknown>[] = [];
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error(`stdout ended without a line "${type}"`);
      lines.push(value);
      if (value['type'] === type) return lines;
    }
  }
}

async function* linesOf(child: ChildProcess): AsyncGenerator<Record<string, unknown>> {
  let rest = '';
  for await (const text of (child.stdout?.setEncoding('utf8') ?? []) as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Record<string, unknown>;
  }
}
