import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../state-file.ts';
import { portTakenMessage, type RunningService } from '../child.ts';
import { blobEndpoint } from './addresses.ts';
import { acknowledgeAfterFlush, DurableMetadata } from './durable-metadata.ts';
import { MetadataJournal } from './metadata-journal.ts';
import { leaveOutTelemetry } from './without-telemetry.ts';

const HOST = '127.0.0.1';
/** How long a staged block may exist in memory only. */
const FLUSH_INTERVAL_MS = 500;
/** Files that Azurite appends to in parallel; its own default. */
const WRITE_CONCURRENCY = 50;

/**
 * Starts Azurite's blob server and nothing else of Azurite, with its state in `folder`.
 * @param options.port 0 asks the system for a port
 */
export async function startBlobServer(options: { port: number; folder: string }): Promise<RunningService> {
  const { port, folder } = options;
  await mkdir(folder, { recursive: true });
  leaveOutTelemetry();
  const { default: BlobServer } = await import('azurite/dist/src/blob/BlobServer.js');
  const { default: BlobConfiguration } = await import('azurite/dist/src/blob/BlobConfiguration.js');
  const journal = new MetadataJournal(join(folder, 'changes.ndjson'));
  const dropped = await journal.recover();
  const configuration = new BlobConfiguration.default(
    HOST,
    port,
    undefined,
    join(folder, 'blobs.json'),
    join(folder, 'extents.json'),
    [{ locationId: 'Default', locationPath: join(folder, 'data'), maxConcurrency: WRITE_CONCURRENCY }],
    false,
    undefined,
    false,
    undefined,
    false,
    // The SDK may speak a newer version of the protocol than this Azurite lists.
    true,
  );
  const server = new BlobServer.default(configuration);
  try {
    await server.start();
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE'))
      throw new Error(portTakenMessage(port, 'MCMS_BLOB_PORT'), { cause: error });
    throw error;
  }
  const metadata = new DurableMetadata(
    { extents: server.extentMetadataStore.db, blobs: server.metadataStore.db },
    { journal, dropped },
  );
  acknowledgeAfterFlush(server.httpServer, () => metadata.flush());
  const timer = setInterval(() => {
    metadata
      .flush()
      .catch((error: unknown) => console.error('azurite: could not write its metadata:', error));
  }, FLUSH_INTERVAL_MS);
  const boundPort = Number(new URL(server.getHttpServerAddress()).port);
  return {
    facts: { port: boundPort, endpoint: blobEndpoint(boundPort) },
    stop: async () => {
      clearInterval(timer);
      await server.close();
      await metadata.close();
    },
  };
}
