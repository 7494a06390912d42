import type { ContainerClient } from '@azure/storage-blob';

/**
 * The container of verified content, with the account's own key. Loads the SDK at the call: jest cannot link it together with the
 * one of Service Bus in one graph of modules, since one requires what the other imports.
 */
export function contentContainer(connection: string): Promise<ContainerClient> {
  return container(connection, 'content');
}

/** The container where uploads and outputs lie until they are taken in. */
export function stagingContainer(connection: string): Promise<ContainerClient> {
  return container(connection, 'staging');
}

async function container(connection: string, name: string): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  return BlobServiceClient.fromConnectionString(connection).getContainerClient(name);
}
