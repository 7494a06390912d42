import { randomUUID } from 'node:crypto';
import type * as df from 'durable-functions';

/** What the suites need of an app that runs the orchestrators of `suite-app`, be it over the local backend or on Azure. */
export interface DurableApp {
  readonly client: df.DurableClient;
  /** Lets time pass for the app: a fake clock locally, a wait elsewhere. */
  passTime(ms: number): Promise<void>;
  /** Lets happen what is due: locally all of it, elsewhere what a little time brings. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export type OpenDurableApp = () => Promise<DurableApp>;

/** An instance id that no other run of the suites has. */
export function newInstanceId(): string {
  return `suite-${randomUUID()}`;
}

/** Polls an instance until the condition holds and returns its status then; jest's time-out bounds it. */
export async function reached(
  app: DurableApp,
  id: string,
  condition: (status: df.DurableOrchestrationStatus) => boolean,
): Promise<df.DurableOrchestrationStatus> {
  for (;;) {
    await app.settle();
    const status = await app.client.getStatus(id);
    if (condition(status)) return status;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The output of an instance once it has completed. @throws {Error} when it ends otherwise */
export async function outputOf(app: DurableApp, id: string): Promise<unknown> {
  const status = await reached(app, id, ({ runtimeStatus }) => ENDED.has(runtimeStatus));
  if (status.runtimeStatus !== 'Completed')
    throw new Error(`${id} is ${status.runtimeStatus}: ${JSON.stringify(status.output)}`);
  return status.output;
}

/** The status of an instance after what is due has happened. */
export async function settledStatus(app: DurableApp, id: string): Promise<string> {
  await app.settle();
  return (await app.client.getStatus(id)).runtimeStatus;
}

const ENDED: ReadonlySet<string> = new Set(['Completed', 'Failed', 'Terminated', 'Canceled']);
