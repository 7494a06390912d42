import { AppError } from '../errors.ts';

/** Refusals of this area: code → status and sentence. The codes are part of the API contract. */
const KINDS = {
  /** None, or none that this caller may know of. */
  'file-not-found': [404, 'There is no such file.'],
  'file-not-released': [403, 'Only files of the released CAM revision can be downloaded with this role.'],
  'file-not-available': [409, 'The file has no verified content.'],
  'file-not-draft': [409, 'The file belongs to a CAM revision that is no longer a Draft.'],
  'not-your-upload': [403, 'Only the person who started the upload may go on with it.'],
  'upload-mismatch': [422, 'What was uploaded is not what was announced. Start a new upload.'],
  'upload-expired': [410, 'The upload has expired. Start a new one.'],
  'upload-finished': [409, 'The upload is complete already.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type FileErrorCode = keyof typeof KINDS;

export class FileError extends AppError {
  override readonly name = 'FileError';

  constructor(code: FileErrorCode, extensions?: Readonly<Record<string, unknown>>) {
    const [httpStatus, message] = KINDS[code];
    super({ code, httpStatus, message, ...(extensions && { extensions }) });
  }
}
