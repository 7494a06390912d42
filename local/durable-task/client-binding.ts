/** Stands in the management URLs where the client puts an instance id. */
const idPlaceholder = 'INSTANCEID';

/**
 * Data of the `durableClient` input binding (`lib/src/durableClient/OrchestrationClientInputData.js`). The client itself calls
 * `rpcBaseUrl`; the other URLs are what it hands on to others.
 */
export function clientBinding(hubName: string, rpcBaseUrl: string): unknown {
  return {
    taskHubName: hubName,
    creationUrls: {
      createNewInstancePostUri: `${rpcBaseUrl}orchestrators/{functionName}[/{instanceId}]`,
    },
    managementUrls: instanceUrls(rpcBaseUrl, idPlaceholder),
    baseUrl: rpcBaseUrl.slice(0, -1),
    requiredQueryStringParameters: '',
    rpcBaseUrl,
  };
}

/** `id` and the management URLs of one instance. */
export function instanceUrls(rpcBaseUrl: string, instanceId: string): Record<string, string> {
  const instance = `${rpcBaseUrl}instances/${instanceId}`;
  return {
    id: instanceId,
    statusQueryGetUri: instance,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}`,
    terminatePostUri: `${instance}/terminate?reason={text}`,
    purgeHistoryDeleteUri: instance,
    suspendPostUri: `${instance}/suspend?reason={text}`,
    resumePostUri: `${instance}/resume?reason={text}`,
  };
}
