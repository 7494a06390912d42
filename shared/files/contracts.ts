import { z } from 'zod';

/*
 * What files look like on the wire: the API, the queue `file-verification`, and the pieces that CAM commands share. Readers accept
 * `schemaVersion` N and N-1 (today: 1).
 */

export const fileRoles = [
  'cam-model',
  'nc-program',
  'setup-sheet',
  'tool-list',
  'document',
  'other',
] as const;
export type FileRole = (typeof fileRoles)[number];

/** SHA-256 in hexadecimal; upper case is read as lower case. */
export const sha256 = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
  .toLowerCase();

const MAX_NAME_LENGTH = 200;
const TOO_LONG = `must be at most ${MAX_NAME_LENGTH} characters`;
/** The most that any file system of a workstation or a server takes for one name. */
const MAX_NAME_BYTES = 255;
/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const RESERVED_CHARACTER = /[<>:"/\\|?*\p{Cc}]/u;
const RESERVED_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)/i;
/** Marks that turn the reading direction around: with them `exe.cn` is shown as `nc.exe`. */
const DIRECTION_MARK = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * A file name as it may stand on a workstation's disk, Windows included: one path segment, in NFC so that equal names are equal
 * whatever system they were typed on.
 */
export const fileName = z
  .string()
  .max(MAX_NAME_LENGTH * 4, { error: TOO_LONG, abort: true })
  .overwrite((name) => name.normalize('NFC'))
  .min(1, 'must not be empty')
  .max(MAX_NAME_LENGTH, { error: TOO_LONG, abort: true })
  .refine((name) => name.isWellFormed(), 'must be well-formed Unicode')
  .refine(
    (name) => !RESERVED_CHARACTER.test(name),
    'must be one path segment without < > : " / \\ | ? * and control characters',
  )
  .refine((name) => !DIRECTION_MARK.test(name), 'must not change the reading direction')
  .refine((name) => !/[. ]$/.test(name), 'must not end in a dot or a space')
  .refine((name) => !RESERVED_NAME.test(name), 'must not be a name that Windows reserves for a device')
  .refine(
    (name) => new TextEncoder().encode(name).length <= MAX_NAME_BYTES,
    `must be at most ${MAX_NAME_BYTES} bytes in UTF-8`,
  );

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";

/** A media type with its parameters (RFC 9110 section 8.3.1). It becomes a header of the download: nothing else gets in. */
export const contentType = z
  .string()
  .max(200)
  .regex(
    new RegExp(`^${TOKEN}/${TOKEN}(?: ?; ?${TOKEN}=(?:${TOKEN}|"[\\w !#$%&'()*+,./:;<=>?@^\`{|}~-]*"))*$`),
    'must be a media type such as text/plain',
  );

export const fileStatuses = ['Pending', 'Verifying', 'Available', 'Rejected', 'Expired'] as const;
export type FileStatus = (typeof fileStatuses)[number];

const uuid = z.uuid().toLowerCase();
const timestamp = z.iso.datetime({ precision: 3 });

/** GET /api/files/{fileId}. An upload is a file from its start; until it is `Available` it belongs to no CAM revision. */
export const file = z
  .object({
    fileId: z.uuid(),
    routingId: z.uuid(),
    camRev: z.int().min(1).nullable(),
    fileName: z.string(),
    role: z.enum(fileRoles),
    contentType: z.string(),
    sizeBytes: z.int().min(0),
    sha256: z.string().nullable(),
    status: z.enum(fileStatuses),
    /** Why the upload was rejected. */
    rejectReason: z.string().nullable(),
    uploadedAt: timestamp.nullable(),
    uploadedBy: z.string(),
    /** The command that made it, if one did. */
    commandId: z.uuid().nullable(),
  })
  .meta({ id: 'File' });
export type File = z.infer<typeof file>;

/** POST /api/files/{fileId}/complete */
export const completeRequest = z.strictObject({ sha256 });

/** Where to send the bytes. */
const uploadAddress = {
  fileId: z.uuid(),
  /** Create+write SAS for this one upload. A secret: never logged. */
  uploadUrl: z.url(),
  blockSizeBytes: z.int().min(1),
  /** End of `uploadUrl`; a fresh one can be had until `resumableUntil`. */
  expiresAt: timestamp,
  resumableUntil: timestamp,
};

/** POST /api/routings/{routingId}/files -> 201 */
export const startedUpload = z.object(uploadAddress).meta({ id: 'StartedUpload' });
export type StartedUpload = z.infer<typeof startedUpload>;

/** GET /api/files/{fileId}/upload -> 200 */
export const resumedUpload = z
  .object({
    ...uploadAddress,
    /** What has arrived, in the order in which it will be put together. */
    blocks: z.array(
      z.object({
        blockId: z.string(),
        /** From the id, when it is base64 of `<6-digit index>-<first 16 hex digits of the block's SHA-256>`. */
        index: z.int().min(0).nullable(),
        sizeBytes: z.int().min(0),
      }),
    ),
  })
  .meta({ id: 'ResumedUpload' });
export type ResumedUpload = z.infer<typeof resumedUpload>;

/** Body on `file-verification`. */
export const verificationMessage = z.object({ schemaVersion: z.literal(1), fileId: uuid });
