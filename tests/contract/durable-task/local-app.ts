import type { DurableApp } from './durable-app.ts';
import { startHarness } from './harness.ts';

/** The suites' app over a backend in this process, with a clock that only the test moves. */
export async function openLocalApp(): Promise<DurableApp> {
  const harness = await startHarness();
  return {
    client: harness.client,
    async passTime(ms) {
      await harness.idle();
      await harness.pass(ms);
    },
    settle: () => harness.idle(),
    async close() {
      await harness.dispose();
      if (harness.faults.length > 0) throw new Error(`the backend reported ${harness.faults.join('; ')}`);
    },
  };
}
