import type { LineStream } from '../link/lines.ts';
import type { LinkPeer } from '../link/server.ts';
import { type AgentStatus, controlRequest } from './contracts.ts';

export interface ControlTarget {
  drain(drained: boolean): void;
  status(): AgentStatus;
}

/** The agent's side of one control connection. */
export function controlPeer(target: ControlTarget, stream: LineStream): LinkPeer {
  return {
    onMessage: (message) => {
      const { type } = controlRequest.parse(message);
      if (type !== 'status') target.drain(type === 'drain');
      stream.send(target.status());
    },
  };
}
