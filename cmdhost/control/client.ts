import { connectLink } from '../link/client.ts';
import { HandshakeError } from '../link/handshake.ts';
import { errorCode } from '../system-error.ts';
import { agentStatus, type AgentStatus, type ControlRequest } from './contracts.ts';

export interface ControlClient {
  /** @throws {Error} in a sentence when the agent ends or does not answer */
  ask(type: ControlRequest['type']): Promise<AgentStatus>;
  close(): void;
}

const ANSWER_MS = 10_000;
const MAX_STATUS_LENGTH = 1_048_576;

/** Connects to the running agent of a work folder. @throws {Error} in a sentence */
export async function connectControl(workFolder: string): Promise<ControlClient> {
  let answered: PromiseWithResolvers<AgentStatus> | undefined;
  const stream = await connectLink({
    workFolder,
    role: 'control',
    maxLength: MAX_STATUS_LENGTH,
    onMessage: (message) => answered?.resolve(agentStatus.parse(message)),
  }).catch((cause: unknown) => {
    throw new Error(reason(workFolder, cause), { cause });
  });
  return {
    ask: async (type) => {
      const answer: PromiseWithResolvers<AgentStatus> = Promise.withResolvers();
      answered = answer;
      const timer = setTimeout(() => answer.reject(new Error('the agent does not answer')), ANSWER_MS);
      void stream.closed.then(() => answer.reject(new Error('the agent ended')));
      stream.send({ type });
      return answer.promise.finally(() => clearTimeout(timer));
    },
    close: () => stream.close(),
  };
}

function reason(workFolder: string, cause: unknown): string {
  if (cause instanceof HandshakeError) return cause.message;
  if (['ENOENT', 'ECONNREFUSED'].includes(String(errorCode(cause)))) return `no agent runs in ${workFolder}`;
  if (['EACCES', 'EPERM'].includes(String(errorCode(cause))))
    return `this account may not talk to the agent of ${workFolder}`;
  return `the agent of ${workFolder} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`;
}
