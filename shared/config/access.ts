/** How to reach a service: by a connection string (local servers) or by its address and the managed identity (Azure). */
export type ServiceAccess =
  | { readonly kind: 'connectionString'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly address: string };
