import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BlockBlobClient } from '@azure/storage-blob';
import type { DemoApi } from './api.ts';

export interface Routing {
  readonly routingId: string;
  readonly routingCode: string;
  readonly itemCode: string;
  readonly revisionCode: string;
  readonly camRev: number;
}

export interface Command {
  readonly commandId: string;
  readonly status: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly waitReason: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly attempts: readonly {
    readonly attempt: number;
    readonly status: string;
    readonly error: { readonly code: string } | null;
  }[];
  readonly files: readonly {
    readonly fileId: string;
    readonly fileName: string;
    readonly role: string;
    readonly sha256: string;
    readonly sizeBytes: number;
  }[];
}

export interface Entry {
  readonly changeType: string;
  readonly field: string | null;
  readonly currentValue: string | null;
  readonly changedBy: string;
  readonly changedAt: string;
}

const POLL_MS = 100;
const COMMAND_LIMIT_MS = 120_000;

/** A new routing for this run, on the first item revision there is. */
export async function createRouting(api: DemoApi): Promise<Routing> {
  const items = await api.get<{ value: { itemCode: string }[] }>('/items?top=1');
  const itemCode = items.value[0]?.itemCode;
  if (!itemCode) throw new Error('there is no item: start the stack with MCMS_SEED=demo or create one');
  const item = await api.get<{ revisions: { revisionCode: string }[] }>(
    `/items/${encodeURIComponent(itemCode)}`,
  );
  const revisionCode = item.revisions[0]?.revisionCode;
  if (!revisionCode) throw new Error(`item ${itemCode} has no revision`);
  return api.post('/routings', {
    itemCode,
    revisionCode,
    routingCode: `DEMO-${randomBytes(4).toString('hex')}`,
    name: 'Demo: bracket, two setups',
    machine: 'DMG MORI DMU 50',
    steps: [
      step(10, 'Face mill top', 'T1 face mill D50'),
      step(20, 'Rough contour', 'T2 end mill D12'),
      step(30, 'Finish contour', 'T3 end mill D8'),
      step(40, 'Drill 4 holes', 'T4 drill D6.8'),
    ],
  });
}

function step(sequence: number, processDescription: string, toolInformation: string) {
  return { sequence, machine: 'DMG MORI DMU 50', processDescription, toolInformation };
}

/** Uploads as the console does: SAS for one staging blob, blocks, then `complete` with the digest. */
export async function upload(
  api: DemoApi,
  routing: Routing,
  file: { readonly fileName: string; readonly bytes: Buffer },
): Promise<{ readonly fileId: string; readonly status: string; readonly sha256: string }> {
  const { fileName, bytes } = file;
  const session = await api.post<{ fileId: string; uploadUrl: string; blockSizeBytes: number }>(
    `/routings/${routing.routingId}/files`,
    { fileName, sizeBytes: bytes.length, role: 'cam-model' },
  );
  const blob = new BlockBlobClient(session.uploadUrl);
  for (let start = 0, index = 0; start < bytes.length; start += session.blockSizeBytes, index += 1) {
    const block = bytes.subarray(start, start + session.blockSizeBytes);
    await blob.stageBlock(blockId(index, block), block, block.length);
  }
  if (bytes.length === 0) await blob.upload(bytes, 0);
  const sha256 = sha256Of(bytes);
  let state = await api.post<{ fileId: string; status: string; sha256: string }>(
    `/files/${session.fileId}/complete`,
    {
      sha256,
    },
  );
  while (state.status === 'Verifying') {
    await delay(POLL_MS);
    state = await api.get(`/files/${session.fileId}`);
  }
  return state;
}

/** `<index>-<start of the block's digest>`: blocks sort by id, and a resumed upload sees which bytes are there. */
function blockId(index: number, block: Buffer): string {
  return Buffer.from(`${String(index).padStart(6, '0')}-${sha256Of(block).slice(0, 16)}`).toString('base64');
}

/** Orders an NC program from an ESPRIT that crashes in its first attempt. */
export function orderWithCrash(api: DemoApi, routing: Routing): Promise<Command> {
  return api.post(`/routings/${routing.routingId}/commands`, {
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    parameters: { simulation: { duration: 'PT1S', fault: 'crash', faultAttempts: [1] } },
  });
}

/** Follows a command to its end; `seen` hears of every change of status. */
export async function follow(
  api: DemoApi,
  commandId: string,
  seen: (command: Command) => void,
): Promise<Command> {
  const giveUp = AbortSignal.timeout(COMMAND_LIMIT_MS);
  let before = '';
  for (;;) {
    const command = await api.get<Command>(`/commands/${commandId}`);
    const now = `${command.status} ${command.attempt}`;
    if (now !== before) seen(command);
    before = now;
    if (['Succeeded', 'Failed', 'Cancelled'].includes(command.status)) return command;
    if (giveUp.aborted) throw new Error(`command ${commandId} is still ${command.status} after two minutes`);
    await delay(POLL_MS);
  }
}

export async function history(api: DemoApi, routing: Routing): Promise<Entry[]> {
  const page = await api.get<{ value: Entry[] }>(`/history?routingId=${routing.routingId}&top=200`);
  return page.value;
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
