/** Names of `OrchestrationRuntimeStatus` that occur here. */
export const runtimeStatuses = [
  'Pending',
  'Running',
  'Suspended',
  'Completed',
  'Failed',
  'Terminated',
] as const;

export type RuntimeStatus = (typeof runtimeStatuses)[number];

/** One orchestration instance. Input, output and custom status are JSON text; times are milliseconds since the epoch. */
export interface Instance {
  readonly seq: number;
  readonly instanceId: string;
  readonly name: string;
  readonly status: RuntimeStatus;
  readonly input: string | null;
  readonly output: string | null;
  readonly customStatus: string | null;
  readonly generation: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function isFinished(status: RuntimeStatus): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Terminated';
}
