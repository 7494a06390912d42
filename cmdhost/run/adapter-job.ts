import type { Job } from '../../shared/cam-commands/contracts.ts';
import type { AdapterJob } from '../adapters/contract.ts';
import type { RunFolder } from './work-folder.ts';

export interface AdapterJobParts {
  readonly job: Job;
  readonly folder: RunFolder;
  /** Where the inputs lie, in the order of the job's. */
  readonly paths: readonly string[];
  readonly workstation: string;
}

/** What the adapter is told: the job without leases, links and trace, with paths on this disk. */
export function adapterJobOf({ job, folder, paths, workstation }: AdapterJobParts): AdapterJob {
  const { commandId, attemptId, attempt, run, application, commandType, parameters, routing } = job;
  return {
    schemaVersion: 1,
    commandId,
    attemptId,
    attempt,
    run,
    application,
    commandType,
    parameters,
    workstation,
    routing,
    inputs: job.inputs.map(({ fileName, role, sizeBytes, sha256 }, index) => ({
      fileName,
      role,
      path: paths[index] ?? '',
      sizeBytes,
      sha256,
    })),
    outputFolder: folder.output,
    resultFile: folder.resultFile,
  };
}
