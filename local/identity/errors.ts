/** The error codes of RFC 6749 section 5.2 that this issuer answers, with the HTTP status of each. */
const STATUS = {
  /** A parameter is missing, repeated or malformed. */
  invalid_request: 400,
  /** The client is unknown, or its assertion does not prove that it is the client. */
  invalid_client: 401,
  /** The client is known and may not have what it asks for. */
  unauthorized_client: 400,
  /** Anything but `client_credentials`. */
  unsupported_grant_type: 400,
  /** The scope names no resource of this issuer. */
  invalid_scope: 400,
} as const;

export type OAuthErrorCode = keyof typeof STATUS;

/** A refusal of the token endpoint; the message becomes `error_description` and never carries a key or a token. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;

  constructor(code: OAuthErrorCode, description: string, options?: ErrorOptions) {
    super(description, options);
    this.code = code;
  }

  get status(): number {
    return STATUS[this.code];
  }
}
