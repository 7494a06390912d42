/** Paths of the issuer below its address. */
export const ISSUER_PATHS = {
  discovery: '/.well-known/openid-configuration',
  keys: '/discovery/v2.0/keys',
  token: '/oauth2/v2.0/token',
  graph: '/v1.0',
} as const;

/** The issuer's address and what follows from it, for a server on `port` of 127.0.0.1. */
export function issuerAddresses(port: number) {
  const issuer = `http://127.0.0.1:${port}`;
  return {
    issuer,
    discovery: issuer + ISSUER_PATHS.discovery,
    jwksUri: issuer + ISSUER_PATHS.keys,
    tokenEndpoint: issuer + ISSUER_PATHS.token,
    graphUrl: issuer + ISSUER_PATHS.graph,
  };
}
