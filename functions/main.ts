import { app } from '@azure/functions';
import { createJwtAuthenticator } from '../shared/auth/index.ts';
import { CommandTypes, explainWaits } from '../shared/cam-commands/index.ts';
import { readFunctionsSettings } from '../shared/config/functions.ts';
import { productVersion } from '../shared/config/version.ts';
import { openDatabase } from '../shared/data/index.ts';
import { createBlobContentStore } from '../shared/files/blob-content-store.ts';
import { createApi } from '../shared/http/index.ts';
import { createChannels, createNotices } from '../shared/notifications/index.ts';
import { createSqlIdempotencyStore } from '../shared/idempotency/index.ts';
import { createDeadLetters, createQueueSender } from '../shared/messaging/index.ts';
import {
  createColumnstoreRepository,
  createPlanRepository,
  createStatementRepository,
  patientConnection,
} from '../shared/sql-upkeep/index.ts';
import { createBlobService } from '../shared/storage/index.ts';
import { startTelemetry } from '../shared/telemetry/start.ts';
import { systemClock } from '../shared/time/clock.ts';
import { createDeadLetterCount } from './dead-letter-count.ts';
import type { AppDeps } from './deps.ts';
import { agentRoutes } from './http/agent.ts';
import { bulkActionRoutes } from './http/bulk-actions.ts';
import { commandFailureRoutes } from './http/command-failures.ts';
import { commandTypeRoutes } from './http/command-types.ts';
import { commandRoutes } from './http/commands.ts';
import { deadLetterRoutes } from './http/dead-letters.ts';
import { docsRoutes } from './http/docs.ts';
import { fileRoutes } from './http/files.ts';
import { healthRoutes } from './http/health.ts';
import { historyRoutes } from './http/history.ts';
import { incidentRoutes } from './http/incidents.ts';
import { itemRoutes } from './http/items.ts';
import { registerNotFound } from './http/not-found.ts';
import { openApiRoutes } from './http/openapi.ts';
import { operatorActionRoutes } from './http/operator-actions.ts';
import { pauseRoutes } from './http/pauses.ts';
import { routingRoutes } from './http/routings.ts';
import { workstationRoutes } from './http/workstations.ts';
import { registerCamCommands } from './messaging/cam-commands.ts';
import { registerCamResults } from './messaging/cam-results.ts';
import { registerFileVerification } from './messaging/file-verification.ts';
import { registerOrchestrations } from './orchestrations/register.ts';
import { healthProbes } from './probes.ts';
import { openServiceBus } from './service-bus.ts';
import { registerAttemptWatchdog } from './timers/attempt-watchdog.ts';
import { registerBulkRunner } from './timers/bulk-runner.ts';
import { registerColumnstoreMaintenance } from './timers/columnstore-maintenance.ts';
import { registerCommandWatch } from './timers/command-watch.ts';
import { registerIncidentWatch } from './timers/incident-watch.ts';
import { registerLongStatementWatch } from './timers/long-statement-watch.ts';
import { registerNotificationRelay } from './timers/notification-relay.ts';
import { registerOutboxRelay } from './timers/outbox-relay.ts';
import { registerPlanRegressionGuard } from './timers/plan-regression-guard.ts';
import { registerReprocess } from './timers/reprocess.ts';
import { registerRetention } from './timers/retention.ts';
import { registerUploadSweeper } from './timers/upload-sweeper.ts';
import { registerWorkSweeper } from './timers/work-sweeper.ts';

/** The one entry of the Functions app: settings, telemetry, clients, then every function. */
const settings = readFunctionsSettings(process.env);
const telemetry = await startTelemetry({
  serviceName: 'mcms-functions',
  serviceVersion: productVersion,
  ...settings.telemetry,
});
const clock = systemClock;
const database = await openDatabase(settings.sqlConnection, { replica: settings.sqlReplicaConnection });
const blobs = await createBlobService(settings.blobStorage, clock);
const serviceBus = await openServiceBus(settings.serviceBus);
const sender = createQueueSender(serviceBus.client);
const deadLetters = createDeadLetters(serviceBus);
const deps: AppDeps = {
  clock,
  database,
  sender,
  content: createBlobContentStore(blobs),
  commandTypes: CommandTypes.create(settings.camCommands),
  notices: createNotices(settings.notifications),
  licencePools: settings.licencePools,
};

const api = createApi({
  authenticator: createJwtAuthenticator(settings.auth),
  idempotency: createSqlIdempotencyStore(deps),
  clock,
});
api.register(
  ...healthRoutes({ probes: healthProbes({ database, blobs, serviceBus: serviceBus.client }), clock }),
  ...openApiRoutes(api, productVersion),
  ...docsRoutes(),
  ...itemRoutes(deps),
  ...routingRoutes(deps),
  ...historyRoutes(deps),
  ...fileRoutes(deps),
  ...commandRoutes(deps),
  ...commandTypeRoutes(deps),
  ...commandFailureRoutes(deps),
  ...bulkActionRoutes(deps),
  ...operatorActionRoutes(deps),
  ...agentRoutes(deps),
  ...deadLetterRoutes({ database, clock, deadLetters }),
  ...incidentRoutes({ database, language: settings.notifications.language }),
  ...pauseRoutes(deps),
  ...workstationRoutes(deps),
);
registerNotFound(api);

registerCamCommands(deps);
registerCamResults(deps);
registerFileVerification(deps);
registerOrchestrations(deps);
registerOutboxRelay(deps);
registerWorkSweeper(deps);
registerAttemptWatchdog(deps);
registerCommandWatch(deps);
registerReprocess(deps);
registerNotificationRelay({ database, clock, channels: createChannels(settings.notifications) });
registerIncidentWatch({
  database,
  clock,
  settings: settings.notifications,
  deadLetters: createDeadLetterCount(deadLetters, clock),
  explainWaits: (commandIds) => explainWaits(deps, commandIds),
});
registerBulkRunner(deps);
registerUploadSweeper(deps);
registerRetention(deps, settings.historyArchiveAfterMs);
registerColumnstoreMaintenance({
  columnstore: createColumnstoreRepository(database, () =>
    openDatabase(patientConnection(settings.sqlConnection)),
  ),
});
registerPlanRegressionGuard({ plans: createPlanRepository(database), clock });
registerLongStatementWatch({ statements: createStatementRepository(database) });

app.hook.appTerminate(async () => {
  await sender.close();
  await serviceBus.client.close();
  await database.close();
  await telemetry.shutdown();
});
