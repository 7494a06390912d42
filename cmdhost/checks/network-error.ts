import { ResponseBodyError } from 'openid-client';

/** What went wrong on the way to a server, and what to do about it. */
export interface Explained {
  readonly detail: string;
  readonly next: string;
}

const TIMEOUTS = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'ServiceTimeout',
]);
const TLS = /^(CERT_|ERR_TLS|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|ERR_SSL|EPROTO)/;

/** @param host as it stands in the configuration */
export function explain(error: unknown, host: string): Explained {
  for (const link of chain(error)) {
    if (link instanceof ResponseBodyError) return explainRefusal(link);
    const explained = explainCode(codeOf(link), host);
    if (explained) return explained;
    if (link instanceof Error && /^(TimeoutError|AbortError)$/.test(link.name))
      return { detail: `no answer from ${host} in time`, next: TIMEOUT_NEXT };
  }
  const last = chain(error).at(-1);
  return {
    detail: last instanceof Error ? last.message : String(last),
    next: `look at the connection from this workstation to ${host}`,
  };
}

const TIMEOUT_NEXT = 'let the firewall pass outgoing connections to it, or set the proxy';

function explainCode(code: string, host: string): Explained | undefined {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return {
      detail: `DNS does not know ${host} (${code})`,
      next: 'correct the address, or the name server of this workstation',
    };
  if (code === 'ECONNREFUSED')
    return {
      detail: `${host} refuses the connection (${code})`,
      next: 'correct address and port, or start the service',
    };
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return {
      detail: `the connection to ${host} was cut (${code})`,
      next: 'a firewall or proxy may cut it; let it pass',
    };
  if (TIMEOUTS.has(code)) return { detail: `no answer from ${host} in time (${code})`, next: TIMEOUT_NEXT };
  if (TLS.test(code))
    return {
      detail: `TLS to ${host} fails (${code})`,
      next: 'where a proxy opens TLS, name its root certificate by NODE_EXTRA_CA_CERTS',
    };
  if (code === 'UnauthorizedAccess' || code === 'UnauthorizedError')
    return {
      detail: `${host} refuses this identity (${code})`,
      next: 'give it "Azure Service Bus Data Receiver" on esprit-dispatch and "Data Sender" on esprit-results; new roles take minutes',
    };
  if (code === 'MessagingEntityNotFoundError' || code === 'MessageEntityNotFound')
    return { detail: `${host} has no such queue (${code})`, next: 'is it the namespace of this MCMS?' };
  return undefined;
}

/** AADSTS numbers: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const AADSTS_NEXT: Readonly<Record<string, string>> = {
  AADSTS700016: 'identity.clientId is not known in this tenant: correct it, or the tenant in tokenEndpoint',
  AADSTS700027: 'the certificate is not registered, or another one is: upload it and compare the thumbprint',
  AADSTS7000222: 'the registered certificate has expired: register a new one',
  AADSTS500011: 'identity.scope names an application this tenant does not know',
  AADSTS501051: 'give the application the role Mcms.CmdHost (Enterprise applications)',
  AADSTS700024: 'the assertion is out of its time: set the clock of this workstation',
};

function explainRefusal({ status, error, error_description: text = '' }: ResponseBodyError): Explained {
  const aadsts = /AADSTS\d+/.exec(text)?.[0] ?? '';
  return {
    detail: `refused: ${status} ${error}: ${text.split(/\r?\n/)[0] ?? ''}`,
    next:
      AADSTS_NEXT[aadsts] ??
      (error === 'invalid_client'
        ? 'is this certificate registered for identity.clientId, and the clock right?'
        : 'correct identity.scope and identity.clientId'),
  };
}

/** An error, its causes, and the errors it sums up, the outermost first. */
function chain(error: unknown): unknown[] {
  const links: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && links.length < 10;) {
    links.push(link);
    if (link instanceof AggregateError) links.push(...(link.errors as unknown[]));
    link = typeof link === 'object' && 'cause' in link ? link.cause : undefined;
  }
  return links;
}

function codeOf(link: unknown): string {
  const code: unknown = typeof link === 'object' && link !== null && 'code' in link ? link.code : '';
  return typeof code === 'string' ? code : '';
}
