import { readFileSync } from 'node:fs';
import type { AdapterJob } from '../contract.ts';

/** An input that the CAM program would refuse: the command fails for good. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
}

/**
 * Reads the job file. It comes from the agent, which checked it, so only what would break this program is looked at.
 * @throws {Error} when the file is not a job of schema version 1
 */
export function readJob(path: string): AdapterJob {
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isJob(parsed)) throw new Error(`${path} is not a job file of schema version 1`);
  return parsed;
}

function isJob(value: unknown): value is AdapterJob {
  if (!isRecord(value) || value['schemaVersion'] !== 1) return false;
  const { routing } = value;
  return (
    ['commandId', 'attemptId', 'commandType', 'outputFolder', 'resultFile'].every(
      (key) => typeof value[key] === 'string',
    ) &&
    isRecord(value['parameters']) &&
    Array.isArray(value['inputs']) &&
    isRecord(routing) &&
    Array.isArray(routing['steps'])
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
