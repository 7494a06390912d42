export {
  type BlobService,
  type BlobServiceOptions,
  type BlobStorageSettings,
  type SasOptions,
  createBlobService,
} from './blob-service.ts';
export { StorageUnavailableError, isBlobMissing, storageCode, storageStatus, withStorage } from './errors.ts';
