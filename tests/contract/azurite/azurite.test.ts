import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobSASPermissions, BlockBlobClient } from '@azure/storage-blob';
import { startBlobServerProcess, type BlobServerProcess } from './blob-server-process.ts';

let stateDir: string;
let running: BlobServerProcess[] = [];
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'mcms-azurite-'));
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  running = [];
  await rm(stateDir, { recursive: true, force: true });
});

async function start(port?: number): Promise<BlobServerProcess> {
  const server = await startBlobServerProcess(stateDir, port);
  running.push(server);
  return server;
}

const blockId = (index: number) => Buffer.from(String(index).padStart(6, '0')).toString('base64');

describe('the blob server, through @azure/storage-blob', () => {
  it('takes an upload in blocks by SAS alone, serves ranges of it and copies it on the server', async () => {
    const { client } = await start();
    const container = client.getContainerClient('files');
    await container.create();
    const content = randomBytes(3_000_000);
    const url = await container.getBlockBlobClient('staging/one').generateSasUrl({
      permissions: BlobSASPermissions.parse('cw'),
      expiresOn: new Date(Date.now() + 60_000),
    });
    const upload = new BlockBlobClient(url);
    await Promise.all(
      [0, 1, 2].map((index) => {
        const part = content.subarray(index * 1_000_000, (index + 1) * 1_000_000);
        return upload.stageBlock(blockId(index), part, part.length);
      }),
    );
    await upload.commitBlockList([0, 1, 2].map(blockId));

    const copy = container.getBlockBlobClient('sha256/one');
    await (await copy.beginCopyFromURL(container.getBlockBlobClient('staging/one').url)).pollUntilDone();
    expect((await copy.downloadToBuffer()).equals(content)).toBe(true);
    expect((await copy.downloadToBuffer(999_990, 20)).equals(content.subarray(999_990, 1_000_010))).toBe(
      true,
    );
  });

  it('keeps everything over a stop and a start', async () => {
    const first = await start();
    const container = first.client.getContainerClient('files');
    await container.create();
    await container.getBlockBlobClient('kept').upload('content', 7, { metadata: { by: 'engineer' } });
    await first.stop();

    const { client } = await start();
    const blob = client.getContainerClient('files').getBlockBlobClient('kept');
    expect((await blob.downloadToBuffer()).toString()).toBe('content');
    expect((await blob.getProperties()).metadata).toEqual({ by: 'engineer' });
  });

  it('refuses a taken port with a sentence that names port and setting', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    try {
      await expect(start(port)).rejects.toThrow(
        `port ${port} on 127.0.0.1 is taken by another program; stop it or set MCMS_BLOB_PORT to a free port`,
      );
    } finally {
      blocker.close();
    }
  });
});

describe('kill -9', () => {
  it('right after an acknowledgement loses no container, blob, overwrite or deletion', async () => {
    const first = await start();
    const container = first.client.getContainerClient('files');
    await container.create();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        container.getBlockBlobClient(`blob-${index}`).upload(`v${index}`, 2 + (index > 9 ? 1 : 0)),
      ),
    );
    await container.getBlockBlobClient('blob-0').upload('again', 5);
    await container.getBlockBlobClient('blob-1').delete();
    await first.kill();

    const { client } = await start();
    const after = client.getContainerClient('files');
    const names: string[] = [];
    for await (const blob of after.listBlobsFlat()) names.push(blob.name);
    expect(names).toHaveLength(19);
    expect(names).not.toContain('blob-1');
    expect((await after.getBlockBlobClient('blob-0').downloadToBuffer()).toString()).toBe('again');
    expect((await after.getBlockBlobClient('blob-19').downloadToBuffer()).toString()).toBe('v19');
  });

  it('leaves metadata behind that the next start finds its way in, time after time', async () => {
    const names = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      const server = await start();
      const container = server.client.getContainerClient('files');
      await container.createIfNotExists();
      for await (const blob of container.listBlobsFlat()) names.delete(blob.name);
      expect([...names]).toEqual([]);
      await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const name = `round-${round}-${index}`;
          await container.getBlockBlobClient(name).upload(name, name.length);
          names.add(name);
        }),
      );
      await server.kill();
    }
  }, 60_000);

  it('may lose a block staged within the last half second; the commit then says so instead of making half a blob', async () => {
    const first = await start();
    const container = first.client.getContainerClient('files');
    await container.create();
    await container.getBlockBlobClient('part').stageBlock(blockId(0), 'abc', 3);
    await first.kill();

    const { client } = await start();
    const blob = client.getContainerClient('files').getBlockBlobClient('part');
    const commit = await blob.commitBlockList([blockId(0)]).then(
      () => 'committed',
      (error: { code?: string }) => error.code,
    );
    expect(['committed', 'InvalidBlockList']).toContain(commit);
    expect(await blob.exists()).toBe(commit === 'committed');
  });
});

describe('differences from Azure', () => {
  it('has no user delegation keys, since those need HTTPS: links are signed with the account key', async () => {
    const { client } = await start();
    const soon = new Date(Date.now() + 60_000);
    await expect(client.getUserDelegationKey(new Date(), soon)).rejects.toThrow(
      /Only authentication scheme Bearer|HTTPS|authenticat/i,
    );
  });

  it('has one public account and answers any version of the protocol', async () => {
    const { client } = await start();
    expect(client.accountName).toBe('devstoreaccount1');
    const response = await fetch(`${client.url}?comp=list`, { headers: { 'x-ms-version': '2099-01-01' } });
    expect(response.status).toBe(403);
  });
});
