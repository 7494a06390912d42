/** Azurite's well-known development account (learn.microsoft.com, "Use the Azurite emulator"): public, no secret. */
export const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Address of the account's blobs on the server at `port`. */
export function blobEndpoint(port: number): string {
  return `http://127.0.0.1:${port}/${ACCOUNT}`;
}

/** The connection string of the blob server on `port`; queues and tables do not exist here. */
export function blobConnectionString(port: number): string {
  return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${ACCOUNT_KEY};BlobEndpoint=${blobEndpoint(port)};`;
}
