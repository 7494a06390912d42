import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerClient } from '@azure/storage-blob';
import { afterAll } from '@jest/globals';
import { blobConnectionString } from '../../local/azurite/addresses.ts';
import {
  CONTENT_CONTAINER,
  STAGING_CONTAINER,
  createBlobContentStore,
} from '../../shared/files/blob-content-store.ts';
import type { ContentStore } from '../../shared/files/index.ts';
import { createBlobService } from '../../shared/storage/index.ts';
import { type Clock, systemClock } from '../../shared/time/clock.ts';
import { startBlobServerProcess } from '../contract/azurite/blob-server-process.ts';

export interface TestBlobs {
  readonly connectionString: string;
  /** The containers with every right, to look behind the product's back. */
  readonly staging: ContainerClient;
  readonly content: ContainerClient;
  /** The product's store on them. Another clock signs links that begin and end by it. */
  contentStore(clock?: Clock): Promise<ContentStore>;
  /** As `kill -9`. */
  kill(): Promise<void>;
}

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Blob Storage with its containers, in a process and a folder of its own; gone when the test file is through. */
export async function startAzurite(): Promise<TestBlobs> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-blobs-'));
  const server = await startBlobServerProcess(folder);
  cleanups.push(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const staging = server.client.getContainerClient(STAGING_CONTAINER);
  const content = server.client.getContainerClient(CONTENT_CONTAINER);
  await Promise.all([staging.create(), content.create()]);
  const connectionString = blobConnectionString(server.port);
  return {
    connectionString,
    staging,
    content,
    contentStore: async (clock = systemClock) =>
      createBlobContentStore(await createBlobService({ kind: 'connectionString', connectionString }, clock)),
    kill: () => server.kill(),
  };
}
