import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { blobConnectionString } from '../../../local/azurite/addresses.ts';
import { createBlobContentStore } from '../../../shared/files/blob-content-store.ts';
import { createBlobService } from '../../../shared/storage/index.ts';
import { systemClock } from '../../../shared/time/clock.ts';
import { createFilesRig, putBlob, someBytes } from './rig.ts';

it('while the file store is away: 503, and nothing has changed', async () => {
  const rig = await createFilesRig();
  const routingId = await rig.routing();
  const bytes = someBytes(10);
  const { fileId, uploadUrl } = await rig.start(routingId, bytes);
  await putBlob(uploadUrl, bytes);
  const before = await rig.send('GET', `routings/${routingId}`);
  await rig.blobs.kill();

  const answer = await rig.complete(fileId, bytes);
  expect(answer).toMatchObject({ status: 503, json: { code: 'storage-unavailable' } });
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(answer.text).not.toContain('sig=');
  expect(await rig.send('GET', `files/${fileId}/upload`)).toMatchObject({ status: 503 });
  expect((await rig.send('GET', `files/${fileId}`)).json).toMatchObject({ status: 'Pending' });
  expect((await rig.send('GET', `routings/${routingId}`)).json).toEqual(before.json);
});

it('a store that takes the call and never answers is given up in bounded time', async () => {
  const silent = createServer((socket) => socket.on('error', () => socket.destroy()));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const service = await createBlobService(
    { kind: 'connectionString', connectionString: blobConnectionString(port) },
    systemClock,
    { tryTimeoutMs: 50 },
  );
  try {
    const taken = createBlobContentStore(service).takeIn('uploads/x', { sha256: '0', sizeBytes: 0 });
    await expect(taken).rejects.toMatchObject({ code: 'storage-unavailable' });
  } finally {
    silent.close();
  }
});
