import type { Capability } from '../capabilities.ts';
import { type FileState, assess, isOutstanding, refusals } from './assess.ts';
import { MigrationError } from './errors.ts';
import { type JournalRow, type MigrationFile, type MigrationTarget, sameProgress } from './migration.ts';
import { progressChecksum } from './read.ts';

/** What a run did with one file. */
export type MigrationStep =
  | { readonly kind: 'applied'; readonly name: string; readonly durationMs: number }
  | { readonly kind: 'deferred'; readonly name: string; readonly reason: string };

export interface RunOptions {
  readonly now: () => Date;
  /** Told of each file as it is done with. */
  readonly onStep?: ((step: MigrationStep) => void) | undefined;
}

export interface MigrationReport {
  readonly engine: string;
  /** By this run, in order. */
  readonly applied: readonly string[];
  readonly deferred: readonly string[];
  /** Before this run, or by another meanwhile. */
  readonly alreadyThere: readonly string[];
  /** Applied by a later version of the product. */
  readonly newer: readonly string[];
}

/**
 * Brings a database up to these files, in order of name: each in a transaction of its own with its row in the journal, or batch by
 * batch where the file says so. What a run leaves undone the next one does. Reads the journal again at the end.
 * @throws {MigrationError}
 */
export function migrate(
  target: MigrationTarget,
  files: readonly MigrationFile[],
  options: RunOptions,
): Promise<MigrationReport> {
  return target.exclusively(async () => {
    const { engine, capabilities } = await target.inspect();
    await target.prepare(capabilities, options.now().toISOString());
    const run = new Run(target, files, { ...options, capabilities });
    const applied = await run.finish();
    const states = await run.states();
    check(states, applied);
    const named = (state: FileState['state']): string[] =>
      states.filter((file) => file.state === state).map(({ name }) => name);
    return {
      engine,
      applied,
      deferred: named('deferred'),
      alreadyThere: named('applied').filter((name) => !applied.includes(name)),
      newer: named('newer'),
    };
  });
}

class Run {
  readonly #target: MigrationTarget;
  readonly #files: readonly MigrationFile[];
  readonly #options: RunOptions & { readonly capabilities: readonly Capability[] };

  constructor(
    target: MigrationTarget,
    files: readonly MigrationFile[],
    options: RunOptions & { readonly capabilities: readonly Capability[] },
  ) {
    this.#target = target;
    this.#files = files;
    this.#options = options;
  }

  async states(): Promise<FileState[]> {
    return assess(this.#files, await this.#target.journal(), this.#options.capabilities);
  }

  /** Does what there is to do, looking at the journal anew after each file: another run may have been there. Names what it applied. */
  async finish(): Promise<string[]> {
    const applied: string[] = [];
    let before: Step | undefined;
    for (;;) {
      const next = nextStep(await this.states());
      if (next === undefined) return applied;
      if (before?.name === next.name && sameProgress(before.row, next.row))
        throw new MigrationError('not-recorded', `the journal takes no row for ${next.name}`);
      before = next;
      const done = await this.#perform(next);
      if (done && next.state !== 'deferred') applied.push(next.name);
    }
  }

  /** False when the journal's row was no longer the one that was read. */
  async #perform(step: Step): Promise<boolean> {
    const { name } = step;
    if (step.state === 'deferred') {
      const done = await this.#target.record({ before: step.row, after: this.#row(step.file, 'deferred') });
      if (done) this.#options.onStep?.({ kind: 'deferred', name, reason: step.reason });
      return done;
    }
    const begun = this.#options.now();
    const elapsedMs = (): number => this.#options.now().getTime() - begun.getTime();
    const done = step.file.inTransaction
      ? await this.#target.apply(step.file, step.row, () => ({
          ...this.#row(step.file, 'applied'),
          durationMs: elapsedMs(),
        }))
      : await this.#batchByBatch(step.file, step.row, elapsedMs);
    if (done) this.#options.onStep?.({ kind: 'applied', name, durationMs: elapsedMs() });
    return done;
  }

  async #batchByBatch(
    file: MigrationFile,
    found: JournalRow | undefined,
    elapsedMs: () => number,
  ): Promise<boolean> {
    let row = found?.state === 'started' ? found : this.#progress(file, 0);
    if (row !== found && !(await this.#target.record({ before: found, after: row }))) return false;
    for (let index = row.batchesDone; index < file.batches.length; index += 1) {
      await this.#target.runBatch(file, index);
      const after = this.#progress(file, index + 1);
      if (!(await this.#target.record({ before: row, after }))) return false;
      row = after;
    }
    const after = { ...this.#row(file, 'applied'), durationMs: elapsedMs() };
    return this.#target.record({ before: row, after });
  }

  #row(file: MigrationFile, state: 'applied' | 'deferred'): JournalRow {
    const { name, checksum, batches } = file;
    const batchesDone = state === 'applied' ? batches.length : 0;
    return {
      name,
      checksum,
      state,
      batchesDone,
      appliedAt: this.#options.now().toISOString(),
      durationMs: null,
    };
  }

  #progress(file: MigrationFile, batchesDone: number): JournalRow {
    const checksum = progressChecksum(file, batchesDone);
    const appliedAt = this.#options.now().toISOString();
    return { name: file.name, checksum, state: 'started', batchesDone, appliedAt, durationMs: null };
  }
}

type Step = FileState & { readonly state: 'pending' | 'started' | 'deferred' };

/** The first file that a run has something to do for. @throws {MigrationError} `refused`, when there is one no run goes past */
function nextStep(states: readonly FileState[]): Step | undefined {
  const refused = refusals(states);
  if (refused.length > 0) {
    throw new MigrationError('refused', refused.map(({ advice }) => advice).join('; '));
  }
  return states.find((file): file is Step =>
    file.state === 'deferred' ? file.row === undefined : isOutstanding(file),
  );
}

/** The result of a run is looked at, not assumed. */
function check(states: readonly FileState[], applied: readonly string[]): void {
  const wrong = states.filter(
    (file) => isOutstanding(file) || (applied.includes(file.name) && file.state !== 'applied'),
  );
  if (wrong.length === 0) return;
  const names = wrong.map(({ name, state }) => `${name} (${state})`).join(', ');
  throw new MigrationError('not-recorded', `after the run the journal does not have as applied: ${names}`);
}
