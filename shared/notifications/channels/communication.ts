import type { createCommunicationAuthPolicy } from '@azure/communication-common';
import type { ServiceAccess } from '../../config/access.ts';
import { ChannelError } from '../errors.ts';
import { refusedWith, unanswered } from './refusal.ts';

export interface CommunicationAccess {
  readonly endpoint: string;
  /** A key, or an identity. */
  readonly credential: Parameters<typeof createCommunicationAuthPolicy>[0];
}

/** Azure Communication Services by connection string, or by address with the managed identity. */
export async function openCommunication(access: ServiceAccess): Promise<CommunicationAccess> {
  if (access.kind === 'identity') {
    const { DefaultAzureCredential } = await import('@azure/identity');
    return { endpoint: access.address, credential: new DefaultAzureCredential() };
  }
  const { parseConnectionString } = await import('@azure/communication-common');
  return parseConnectionString(access.connectionString);
}

/** What is said of a failed call of the SDKs: status or system code, never their texts. */
export function communicationFailure(service: string, error: unknown): ChannelError {
  if (error instanceof ChannelError) return error;
  const status: unknown = error instanceof Error ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number'
    ? refusedWith(service, status, retryAfterOf(error))
    : unanswered(service, error);
}

function retryAfterOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const response: unknown = Reflect.get(error, 'response');
  const headers: unknown = response instanceof Object ? Reflect.get(response, 'headers') : undefined;
  const get: unknown = headers instanceof Object ? Reflect.get(headers, 'get') : undefined;
  if (typeof get !== 'function') return undefined;
  const value: unknown = Reflect.apply(get, headers, ['retry-after']);
  return typeof value === 'string' ? value : undefined;
}
