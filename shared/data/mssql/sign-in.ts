import {
  type EntraSignIn,
  type MssqlSettings,
  parseConnectionString,
  withCredential,
} from './connection-string.ts';

/**
 * The settings of a connection string, ready to connect with. One credential serves all connections of a pool, so that a token is
 * asked for when one runs out and not with each connection. `@azure/identity` is loaded only when it is needed.
 */
export async function resolveSettings(connectionString: string): Promise<MssqlSettings> {
  const { entra, ...settings } = parseConnectionString(connectionString);
  return entra ? withCredential(settings, await credentialFor(entra)) : settings;
}

async function credentialFor({ kind, clientId }: EntraSignIn) {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  if (kind === 'default')
    return new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {});
  return clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
}
