/** A request's address as the app and the router need it. */
export interface RequestTarget {
  /** Absolute URL for the app, made of the Host header and the target as the client sent it. */
  readonly url: string;
  /** Decoded path for the router; as in Kestrel an encoded slash stays `%2F`. */
  readonly path: string;
  /** By name as first written; repeated names are joined by commas, as the Functions host hands them to a worker. */
  readonly query: Record<string, string>;
}

/** Reads the request line's target. Undefined for what Kestrel answers with 400: not a path, a bad Host, a NUL. */
export function parseTarget(target: string | undefined, host: string | undefined): RequestTarget | undefined {
  if (!target?.startsWith('/') || !host || !/^[\w.:[\]-]+$/.test(host)) return undefined;
  const url = URL.parse(`http://${host}${target}`);
  if (!url || /%00/.test(url.pathname)) return undefined;
  return { url: url.href, path: decodePath(url.pathname), query: joinQuery(url.searchParams) };
}

/** Undoes percent-encoding; what is not valid UTF-8 stays as it is. */
function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replaceAll(/(?:%(?!2f)[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded; // Kestrel leaves invalid sequences alone, too
    }
  });
}

function joinQuery(parameters: URLSearchParams): Record<string, string> {
  const values = new Map<string, { name: string; all: string[] }>();
  for (const [name, value] of parameters) {
    const known = values.get(name.toLowerCase());
    if (known) known.all.push(value);
    else values.set(name.toLowerCase(), { name, all: [value] });
  }
  return Object.fromEntries([...values.values()].map(({ name, all }) => [name, all.join(',')]));
}
