export {
  type BlobService,
  type BlobStorageSettings,
  type SasOptions,
  createBlobService,
} from './blob-service.ts';
export { StorageUnavailableError, storageStatus, withStorage } from './errors.ts';
