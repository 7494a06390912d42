import type { Role } from '../../shared/auth/index.ts';
import { readStackFile, stateFolder } from '../stack-file.ts';
import { requestToken } from '../token-request.ts';

/** The API as one person of the demo sees it. A refusal is an error with the problem document's own words. */
export interface DemoApi {
  readonly apiUrl: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** The bytes a file's content link leads to. */
  download(fileId: string): Promise<Buffer>;
}

export interface Person {
  readonly role: Role;
  readonly name: string;
}

export async function connect(environment: NodeJS.ProcessEnv, { role, name }: Person): Promise<DemoApi> {
  const stack = await readStackFile(stateFolder(environment));
  const token = await requestToken(stack, {
    roles: [role],
    name,
    minutes: 60,
  });
  const headers = { Authorization: `Bearer ${token}` };

  const call = async <T>(
    method: string,
    path: string,
    init: { body?: string; headers?: Record<string, string> } = {},
  ): Promise<T> => {
    const response = await fetch(`${stack.apiUrl}/api${path}`, {
      method,
      ...init,
      headers: { ...headers, ...init.headers },
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${method} /api${path} answered ${response.status}: ${problemText(text)}`);
    return JSON.parse(text) as T;
  };

  return {
    apiUrl: stack.apiUrl,
    get: (path) => call('GET', path),
    post: (path, body) =>
      call('POST', path, {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
      }),
    async download(fileId) {
      // The link stands in `Location`; the token must not travel to the store.
      const path = `/api/files/${fileId}/content`;
      const redirect = await fetch(`${stack.apiUrl}${path}`, { headers, redirect: 'manual' });
      const location = redirect.headers.get('location');
      if (redirect.status !== 302 || location === null)
        throw new Error(`GET ${path} answered ${redirect.status}`);
      const content = await fetch(location);
      if (!content.ok) throw new Error(`the store answered ${content.status} for file ${fileId}`);
      return Buffer.from(await content.arrayBuffer());
    },
  };
}

function problemText(body: string): string {
  try {
    const { title, detail, errors } = JSON.parse(body) as {
      title?: string;
      detail?: string;
      errors?: unknown;
    };
    return [title, detail, errors && JSON.stringify(errors)].filter(Boolean).join(' – ');
  } catch {
    return body.slice(0, 300);
  }
}
