import { setTimeout as wait } from 'node:timers/promises';
import type { FunctionInput, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { OpenDurableApp } from './durable-app.ts';

/** How long `settle` waits, in ms: an app with an idle task hub looks for work twice a second at least. */
const settleMs = 2_000;

export interface DeployedSettings {
  /** Base URL of the app's Durable webhooks, as in `https://<app>.azurewebsites.net/runtime/webhooks/durabletask`. */
  readonly baseUrl: string | undefined;
  /** The system key `durabletask_extension`; without one the URLs are called as they are. */
  readonly key: string | undefined;
}

/**
 * The suites' app where it is deployed, reached through its webhooks. Time passes by waiting.
 * @throws {Error} without a base URL: who asks for these suites wants them run
 */
export function deployedApp({ baseUrl, key }: DeployedSettings = fromEnvironment()): OpenDurableApp {
  if (!baseUrl?.trim())
    throw new Error(
      'TEST_DURABLE_BASE_URL is missing: the URL of the Durable webhooks of a Functions app that runs the suite’s orchestrators ' +
        '(local/durable-task/README.md says how it is deployed), with its key in TEST_DURABLE_KEY',
    );
  const input: FunctionInput = df.input.durableClient();
  const context = {
    options: { extraInputs: [input] },
    extraInputs: new Map([[input, webhookBinding(baseUrl.trim().replace(/\/+$/, ''), key?.trim())]]),
  };
  const client = clientOf(context as unknown as InvocationContext);
  return async () => ({
    client,
    passTime: (ms) => wait(ms),
    settle: () => wait(settleMs),
    close: async () => undefined,
  });
}

/** The library takes a process without WEBSITE_HOSTNAME for a developer's machine and puts localhost:7071 into every URL. */
function clientOf(context: InvocationContext): df.DurableClient {
  const hostName = process.env['WEBSITE_HOSTNAME'];
  process.env['WEBSITE_HOSTNAME'] = 'deployed';
  try {
    return df.getClient(context);
  } finally {
    if (hostName === undefined) delete process.env['WEBSITE_HOSTNAME'];
    else process.env['WEBSITE_HOSTNAME'] = hostName;
  }
}

function fromEnvironment(): DeployedSettings {
  return { baseUrl: process.env['TEST_DURABLE_BASE_URL'], key: process.env['TEST_DURABLE_KEY'] };
}

/** What the extension gives a client binding: templates of its webhooks, each with the key. Without `rpcBaseUrl` the client calls these. */
function webhookBinding(baseUrl: string, key: string | undefined): unknown {
  const query = key ? `?code=${encodeURIComponent(key)}` : '';
  const and = key ? `${query}&` : '?';
  const instance = `${baseUrl}/instances/INSTANCEID`;
  return {
    taskHubName: '',
    creationUrls: {
      createNewInstancePostUri: `${baseUrl}/orchestrators/{functionName}[/{instanceId}]${query}`,
    },
    managementUrls: {
      id: 'INSTANCEID',
      statusQueryGetUri: `${instance}${query}`,
      sendEventPostUri: `${instance}/raiseEvent/{eventName}${query}`,
      terminatePostUri: `${instance}/terminate${and}reason={text}`,
      suspendPostUri: `${instance}/suspend${and}reason={text}`,
      resumePostUri: `${instance}/resume${and}reason={text}`,
      purgeHistoryDeleteUri: `${instance}${query}`,
    },
    baseUrl,
    requiredQueryStringParameters: query.slice(1),
  };
}
