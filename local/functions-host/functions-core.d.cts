/**
 * The part of the Node worker's interface that MCMS uses. `@azure/functions` ships no types for it; names and shapes follow
 * azure-functions-nodejs-worker `types-core/index.d.ts` and azure-functions-language-worker-protobuf.
 */
declare namespace core {
  type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
  type LogCategory = 'user' | 'system' | 'customMetric';
  type HookName = 'preInvocation' | 'postInvocation' | 'appStart' | 'appTerminate' | 'log';

  /** One binding as registered: `type` plus whatever the binding needs (`route`, `queueName`, `schedule`, …). */
  interface BindingInfo {
    readonly name?: string;
    readonly type: string;
    readonly direction: 'in' | 'out' | 'inout';
    readonly [setting: string]: unknown;
  }

  interface FunctionMetadata {
    readonly name: string;
    readonly bindings: Readonly<Record<string, BindingInfo>>;
    readonly retryOptions?: unknown;
  }

  type FunctionCallback = (...args: unknown[]) => unknown;

  interface RegisteredFunction {
    readonly metadata: FunctionMetadata;
    readonly callback: FunctionCallback;
  }

  /** A value on its way between host and worker; at most one member is set. */
  interface TypedData {
    string?: string;
    json?: string;
    bytes?: Uint8Array;
    int?: number;
    double?: number;
    http?: HttpData;
  }

  interface HttpData {
    method?: string;
    url?: string;
    headers?: Record<string, string>;
    query?: Record<string, string>;
    params?: Record<string, string>;
    body?: TypedData | null;
    statusCode?: string;
    cookies?: HttpCookie[];
    enableContentNegotiation?: boolean;
  }

  interface HttpCookie {
    name: string;
    value: string;
    domain?: { value: string };
    path?: { value: string };
    expires?: { value: { seconds: number } };
    secure?: { value: boolean };
    httpOnly?: { value: boolean };
    /** `none` means "attribute absent", `explicitNone` is `SameSite=None`. */
    sameSite: 'none' | 'lax' | 'strict' | 'explicitNone';
    maxAge?: { value: number };
  }

  interface TraceContext {
    traceParent?: string;
    traceState?: string;
    attributes?: Record<string, string>;
  }

  interface InvocationRequest {
    readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
    readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
    readonly traceContext?: TraceContext;
  }

  interface InvocationResponse {
    readonly invocationId: string;
    readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
    readonly returnValue?: TypedData | null;
  }

  interface CoreInvocationContext {
    readonly invocationId: string;
    readonly request: InvocationRequest;
    readonly metadata: FunctionMetadata;
    state?: 'preInvocationHooks' | 'postInvocationHooks' | 'invocation';
    log(level: LogLevel, category: LogCategory, message: string): void;
  }

  interface InvocationModel {
    getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
    invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
    getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
  }

  interface ProgrammingModel {
    readonly name: string;
    readonly version: string;
    getInvocationModel(context: CoreInvocationContext): InvocationModel;
    getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
  }

  type HookCallback = (context: Record<string, unknown>) => unknown;

  interface Registry {
    readonly functions: RegisteredFunction[];
    readonly hooks: ReadonlyMap<HookName, HookCallback[]>;
    programmingModel: ProgrammingModel | undefined;
    /** Once true, registering a further function throws, as it does in the worker after the app has started. */
    started: boolean;
    /** Where messages of the library itself go; warnings and errors to stderr until a host replaces it. */
    log: (level: LogLevel, category: LogCategory, message: string) => void;
  }

  class Disposable {
    constructor(callOnDispose: () => unknown);
    static from(...disposables: { dispose(): unknown }[]): Disposable;
    dispose(): unknown;
  }

  const version: string;
  const hostVersion: string;
  const registry: Registry;
  function registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable;
  function registerHook(hookName: string, callback: HookCallback): Disposable;
  function setProgrammingModel(programmingModel: ProgrammingModel): void;
  function getProgrammingModel(): ProgrammingModel | undefined;
  function log(level: LogLevel, category: LogCategory, message: string): void;
}

export = core;
