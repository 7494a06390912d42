export {
  type ContentStore,
  type ExpectedContent,
  type SignedUrl,
  type TakeInResult,
  outputStagingName,
  uploadStagingName,
} from './content-store.ts';
export { rememberContent } from './stored-content.ts';
