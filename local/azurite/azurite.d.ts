// Azurite ships no types. These are the parts of version 3.37.0 that blob-server.ts uses.

interface LokiDatabase {
  readonly filename: string;
  autosaveDisable(): void;
  serialize(): string;
  readonly collections: readonly {
    setChangesApi(enabled: boolean): void;
    readonly name: string;
    ensureIndex(property: string, force: boolean): void;
  }[];
  /** Changes since `clearChanges`, with the documents as they were then. */
  generateChangesNotification(): { name: string; operation: 'I' | 'U' | 'R'; obj: { $loki: number } }[];
  clearChanges(): void;
}

declare module 'azurite/dist/src/blob/BlobConfiguration.js' {
  interface BlobConfiguration {
    readonly host: string;
    readonly port: number;
  }
  const exports: {
    default: new (
      host: string,
      port: number,
      keepAliveTimeoutSeconds: number | undefined,
      metadataDbPath: string,
      extentDbPath: string,
      persistence: readonly { locationId: string; locationPath: string; maxConcurrency: number }[],
      enableAccessLog: boolean,
      accessLog: undefined,
      enableDebugLog: boolean,
      debugLogPath: undefined,
      loose: boolean,
      skipApiVersionCheck: boolean,
    ) => BlobConfiguration;
  };
  export default exports;
}

declare module 'azurite/dist/src/blob/BlobServer.js' {
  import type { Server } from 'node:http';
  interface BlobServer {
    readonly httpServer: Server;
    readonly metadataStore: { readonly db: LokiDatabase };
    readonly extentMetadataStore: { readonly db: LokiDatabase };
    getHttpServerAddress(): string;
    start(): Promise<void>;
    close(): Promise<void>;
  }
  const exports: { default: new (configuration: object) => BlobServer };
  export default exports;
}
