import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { OutputFile } from '../../shared/cam-commands/contracts.ts';
import { adapterResult, type AdapterOutput, type AdapterResult } from '../adapters/contract.ts';
import { type RunFailure, runFailure } from '../errors.ts';
import { errorCode } from '../system-error.ts';

/** An output on disk, measured. */
export interface LocalOutput {
  readonly path: string;
  readonly file: OutputFile;
}

const MAX_RESULT_BYTES = 1024 * 1024;
/**
 * A link is refused, not followed, and a pipe does not wait for who writes to it: it would, beyond every time-out. Windows has no such
 * flags; there `realpath` alone decides.
 */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The adapter's result file; undefined when there is none. @throws {RunFailure} `ADAPTER_PROTOCOL` */
export async function readAdapterResult(path: string): Promise<AdapterResult | undefined> {
  let text: string;
  try {
    const file = await open(path, READ);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > MAX_RESULT_BYTES)
        throw broken('the result file is no file of at most 1 MiB');
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) === 'ELOOP') throw broken('the result file is a link');
    if (errorCode(error) === 'ENXIO') throw broken('the result file is a socket');
    throw error;
  }
  const parsed = adapterResult.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`);
  throw broken(`the result file is not valid: ${fields.join('; ')}`);
}

/**
 * Finds and measures what the adapter says it made.
 * @throws {RunFailure} `ADAPTER_PROTOCOL` for a name used twice, a file that is not there, or one that does not really lie
 * in the output folder
 */
export async function measureOutputs(
  folder: string,
  outputs: readonly AdapterOutput[],
): Promise<LocalOutput[]> {
  const names = new Set(outputs.map(({ fileName }) => fileName.toLowerCase()));
  if (names.size !== outputs.length) throw broken('two outputs have the same name');
  const root = await outputRoot(folder);
  const measured: LocalOutput[] = [];
  for (const output of outputs) measured.push(await measure(root, output));
  return measured;
}

/** The output folder itself; neither it nor the run folder may have become a link. */
async function outputRoot(folder: string): Promise<string> {
  const runs = dirname(dirname(folder));
  try {
    const root = await realpath(folder);
    if (root === join(await realpath(runs), relative(runs, folder))) return root;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw broken('the output folder is not there');
    throw error;
  }
  throw broken('the output folder lies elsewhere');
}

async function measure(root: string, output: AdapterOutput): Promise<LocalOutput> {
  const path = join(root, output.fileName);
  try {
    if (dirname(await realpath(path)) !== root) throw broken(`the output ${output.fileName} lies elsewhere`);
    const file = await open(path, READ);
    try {
      if (!(await file.stat()).isFile()) throw broken(`the output ${output.fileName} is not a file`);
      const hash = createHash('sha256');
      let sizeBytes = 0;
      for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        sizeBytes += chunk.length;
      }
      return { path, file: { ...output, sizeBytes, sha256: hash.digest('hex') } };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw broken(`the output ${output.fileName} is not there`);
    if (errorCode(error) === 'ELOOP') throw broken(`the output ${output.fileName} is a link`);
    if (errorCode(error) === 'ENXIO') throw broken(`the output ${output.fileName} is a socket`);
    throw error;
  }
}

function broken(message: string): RunFailure {
  return runFailure('ADAPTER_PROTOCOL', message, { retryable: false });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
