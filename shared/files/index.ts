export {
  type ContentStore,
  type ExpectedContent,
  type SignedUrl,
  type TakeInResult,
  type UploadedBlock,
  outputStagingName,
  uploadStagingName,
} from './content-store.ts';
export type { FileDeps } from './deps.ts';
export { FileError, type FileErrorCode } from './errors.ts';
export { type FileService, createFileService } from './file-service.ts';
export { MAX_FILE_BYTES, VERIFICATION_RETRY_MS } from './limits.ts';
export { rememberContent } from './stored-content.ts';
export { type SweepStep, sweepUploads } from './sweep.ts';
export {
  type Completion,
  type NewUpload,
  type UploadService,
  createUploadService,
} from './upload-service.ts';
export { VERIFICATION_QUEUE, runVerification } from './verify.ts';
export { type FileViewer, fileViewerOf } from './viewer.ts';
