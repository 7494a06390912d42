import { BlobServiceClient } from '@azure/storage-blob';
import containers from '../../infra/blob-containers.json' with { type: 'json' };

/** Makes the containers that the deployment makes on Azure; those that are there stay as they are. */
const connectionString = process.env['BlobStorage'];
if (!connectionString) throw new Error('BlobStorage is not set');
const service = BlobServiceClient.fromConnectionString(connectionString);
for (const name of containers) await service.getContainerClient(name).createIfNotExists();
