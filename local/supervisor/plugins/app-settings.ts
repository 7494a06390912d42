import { blobConnectionString } from '../../azurite/addresses.ts';
import { issuerAddresses } from '../../identity/addresses.ts';
import { captureSettings } from '../../capture/addresses.ts';
import type { StackSettings } from '../settings.ts';

/** Connection string of the local broker, in the form the Service Bus emulator uses. */
export function serviceBusConnectionString({ ports, environment }: StackSettings): string {
  return (
    environment['ServiceBusConnection']?.trim() ||
    `Endpoint=sb://127.0.0.1:${ports.amqp};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true`
  );
}

/** The app settings that a Functions app has on Azure, with the local servers as values. */
export function appSettings(settings: StackSettings): Record<string, string> {
  const blobs = blobConnectionString(settings.ports.blob);
  return {
    SqlConnection: settings.sqlConnection,
    ServiceBusConnection: serviceBusConnectionString(settings),
    BlobStorage: blobs,
    AzureWebJobsStorage: blobs,
    Auth__Issuer: settings.issuer,
    Auth__Audience: settings.audience,
    Auth__JwksUri: issuerAddresses(settings.ports.identity).jwksUri,
    ...captureSettings(settings.capturePort),
    // There is no console yet: links lead to the API.
    Notifications__ConsoleUrl: `${settings.apiUrl}/api`,
  };
}
