import { z } from 'zod';
import {
  MAX_FILE_BYTES,
  createFileService,
  createUploadService,
  fileViewerOf,
} from '../../shared/files/index.ts';
import {
  completeRequest,
  contentType,
  file,
  fileName,
  fileRoles,
  resumedUpload,
  sha256,
  startedUpload,
} from '../../shared/files/contracts.ts';
import { changeBy } from '../../shared/history/index.ts';
import { type Route, type RouteContext, defineRoute } from '../../shared/http/index.ts';
import type { Principal } from '../../shared/auth/index.ts';
import { publish } from '../../shared/outbox/index.ts';
import { annotate } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { messageTargets } from '../outbox-targets.ts';

export type FileRouteDeps = Pick<AppDeps, 'clock' | 'database' | 'content' | 'sender'>;

export interface FileRouteOptions {
  /** Files up to this size are verified by `complete` itself; default 64 MiB. */
  readonly verifyAtOnceBytes?: number;
}

const params = z.strictObject({ fileId: z.uuid().toLowerCase() });
const tags = ['Files'];
const READERS = { roles: ['Mcms.Reader', 'Mcms.Machinist'] } as const;
const WRITERS = { roles: ['Mcms.Engineer'] } as const;
const NOT_FOUND = { 404: 'There is none, or none the caller may know of.' } as const;
const NOT_YOURS = { 403: 'The upload is not the caller’s.' } as const;

const newFile = z.strictObject({
  fileName,
  sizeBytes: z.int().min(0).max(MAX_FILE_BYTES),
  role: z.enum(fileRoles).default('other'),
  contentType: contentType.default('application/octet-stream'),
  sha256: sha256.optional().describe('When it is known already; `complete` must then name the same.'),
});

/** Files of routings: uploading, reading, removing. */
export function fileRoutes(deps: FileRouteDeps, options: FileRouteOptions = {}): Route[] {
  return [...uploadRoutes(deps, options), ...readingRoutes(deps)];
}

function uploadRoutes(deps: FileRouteDeps, options: FileRouteOptions): Route[] {
  const uploads = createUploadService(deps, options);
  return [
    defineRoute({
      name: 'files-start-upload',
      method: 'POST',
      path: 'routings/{routingId}/files',
      operation: 'file.upload',
      summary: 'Start the upload of a file',
      description:
        'Send the bytes to `uploadUrl`: in blocks (Put Block, id = base64 of `<6-digit index>-<first 16 hex digits of the block’s SHA-256>`) or in one Put Blob. Then call complete, which puts the blocks together in the order of their ids.',
      tags,
      access: WRITERS,
      params: z.strictObject({ routingId: z.uuid().toLowerCase() }),
      body: newFile,
      responses: {
        201: {
          description: 'Where to send the bytes',
          schema: startedUpload,
          headers: { Location: 'Address of the file.' },
        },
      },
      problems: { 404: 'There is no such routing.' },
      async handler({ params: { routingId }, body, ...ctx }) {
        const started = await uploads.start({ ...body, routingId }, change(ctx));
        return { status: 201, headers: { Location: `/api/files/${started.fileId}` }, body: started };
      },
    }),
    defineRoute({
      name: 'files-resume-upload',
      method: 'GET',
      path: 'files/{fileId}/upload',
      operation: 'file.upload',
      summary: 'Take an upload up again',
      description: 'The blocks that have arrived, and a fresh address for the others.',
      tags,
      access: WRITERS,
      params,
      responses: { 200: { description: 'The upload as it stands', schema: resumedUpload } },
      problems: {
        ...NOT_FOUND,
        ...NOT_YOURS,
        409: 'The upload is complete already.',
        410: 'It has expired.',
      },
      handler: async ({ params: { fileId }, ...ctx }) => ({
        status: 200,
        body: await uploads.resume(fileId, change(ctx)),
      }),
    }),
    defineRoute({
      name: 'files-complete-upload',
      method: 'POST',
      path: 'files/{fileId}/complete',
      operation: 'file.complete',
      summary: 'End an upload: verify the bytes and attach the file',
      description:
        'The file goes to the working CAM revision, or starts the next one, in place of a file with the same name. Large files are verified after the answer; read the file until it is no longer `Verifying`.',
      tags,
      access: WRITERS,
      params,
      body: completeRequest,
      responses: {
        200: { description: 'Verified and attached', schema: file },
        202: {
          description: 'Being verified',
          schema: file,
          headers: { Location: 'Address of the file.' },
        },
      },
      problems: {
        ...NOT_FOUND,
        ...NOT_YOURS,
        410: 'The upload has expired.',
        422: 'What was uploaded is not what was announced. The upload stays rejected; start a new one.',
      },
      async handler({ params: { fileId }, body, ...ctx }) {
        const completed = await uploads.complete(fileId, body.sha256, change(ctx));
        if (completed.outboxIds.length > 0) {
          await publish({ ...deps, targets: messageTargets(deps.sender) }, completed.outboxIds);
        }
        annotate({ 'mcms.fileId': fileId, ...(completed.file.camRev && { camRev: completed.file.camRev }) });
        if (completed.file.status === 'Available') return { status: 200, body: completed.file };
        return { status: 202, headers: { Location: `/api/files/${fileId}` }, body: completed.file };
      },
    }),
  ];
}

function readingRoutes(deps: FileRouteDeps): Route[] {
  const files = createFileService(deps);
  return [
    defineRoute({
      name: 'files-get',
      method: 'GET',
      path: 'files/{fileId}',
      operation: 'file.read',
      summary: 'Read what is known about a file',
      description: 'Engineers also see uploads under way, machinists only files of released CAM revisions.',
      tags,
      access: READERS,
      params,
      responses: { 200: { description: 'The file', schema: file } },
      problems: NOT_FOUND,
      handler: async ({ params: { fileId }, principal }) => ({
        status: 200,
        body: await files.get(fileViewerOf(principal), fileId),
      }),
    }),
    defineRoute({
      name: 'files-delete',
      method: 'DELETE',
      path: 'files/{fileId}',
      operation: 'file.delete',
      summary: 'Take a file out of the working Draft, or end its upload',
      description: 'Other CAM revisions keep theirs.',
      tags,
      access: WRITERS,
      params,
      responses: { 204: { description: 'It is gone' } },
      problems: { ...NOT_FOUND, ...NOT_YOURS, 409: 'Its CAM revision is no longer a Draft.' },
      async handler({ params: { fileId }, ...ctx }) {
        await files.remove(fileId, change(ctx));
        return { status: 204 };
      },
    }),
    defineRoute({
      name: 'files-content',
      method: 'GET',
      path: 'files/{fileId}/content',
      operation: 'file.read',
      summary: 'Download a file',
      description:
        'Redirects to an address that is good for five minutes and takes `Range`. Engineers and approvers download any file, all others those of the released CAM revision.',
      tags,
      access: READERS,
      params,
      responses: {
        302: {
          description: 'Where the bytes are',
          headers: { Location: 'Read-only address of the bytes.' },
        },
      },
      problems: {
        ...NOT_FOUND,
        403: 'The caller’s roles open released files only.',
        409: 'The file is not verified.',
      },
      async handler({ params: { fileId }, principal }) {
        const link = await files.contentLink(fileViewerOf(principal), fileId);
        return { status: 302, headers: { Location: link.url, 'Cache-Control': 'no-store' } };
      },
    }),
  ];
}

function change({
  principal,
  clock,
  traceId,
}: Pick<RouteContext<unknown, unknown, unknown, Principal>, 'principal' | 'clock' | 'traceId'>) {
  return changeBy(principal, { at: clock.now(), traceId });
}
