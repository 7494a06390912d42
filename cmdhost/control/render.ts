import type { AgentStatus } from './contracts.ts';

/** A status for people. */
export function renderStatus(status: AgentStatus): string {
  const held = [
    ...(status.drained ? ['drained'] : []),
    ...(status.runner === 'absent' ? ['no runner'] : []),
    ...(status.diskLow ? ['disk nearly full'] : []),
  ];
  const lines = [
    `${status.workstation}, agent ${status.agentVersion}`,
    `claims work      ${held.length === 0 ? 'yes' : `no: ${held.join(', ')}`}`,
    `runner           ${status.runner}`,
    `last API answer  ${status.lastContactAt ?? 'none yet'}`,
    `unsent results   ${status.unsentResults}`,
    `running          ${status.running.length}`,
    ...status.running.map(runningLine),
  ];
  return `${lines.join('\n')}\n`;
}

function runningLine(run: AgentStatus['running'][number]): string {
  const percent = run.percent === null ? '' : ` ${Math.round(run.percent)} %`;
  return `  ${run.application} ${run.commandType}, command ${run.commandId}: ${run.phase}${percent}`;
}
