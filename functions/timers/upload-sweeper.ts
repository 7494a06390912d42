import { app } from '@azure/functions';
import { sweepUploads } from '../../shared/files/index.ts';
import { createLogger } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { runRound } from './round.ts';

const log = createLogger('timers');

/** Every 10 minutes: ends abandoned uploads, removes staging blobs nobody needs, asks again for verifications that are overdue. */
export function registerUploadSweeper(deps: Pick<AppDeps, 'clock' | 'database' | 'content'>): void {
  app.timer('upload-sweeper', {
    schedule: '0 */10 * * * *',
    handler: () =>
      runRound('upload.sweep', async () => {
        const done = await sweepUploads(deps);
        if (Object.values(done).some((count) => count > 0)) log.info('uploads swept', { ...done });
      }),
  });
}
