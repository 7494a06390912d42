import { until } from '../../../support/stack.ts';
import type { Rig } from '../rig.ts';
import type { Fault } from './fault.ts';
import { killNow } from './kills.ts';

export const clockHost: Fault = {
  name: 'clock-host',
  what: 'the clock of the Functions host jumps 10 minutes ahead and stays there',
  // Its tokens, links and timers belong to the wrong time from then on.
  freshRig: true,
  strike: ({ rig, durations }) => jump(rig, ['functions-host'], durations.clockJumpMs),
  // Communication Services takes no request whose time is off by more than five minutes; a webhook asks for none.
  mayWait(notices) {
    const waiting = notices.filter(({ state }) => state === 'Pending');
    const refused = new Set(
      waiting.filter(({ lastError }) => lastError?.endsWith('answered 401')).map(({ channel }) => channel),
    );
    return new Set(
      waiting
        .filter(({ channel }) => channel !== 'teams' && refused.has(channel))
        .map(({ notificationId }) => notificationId),
    );
  },
};

export const clockAgent: Fault = {
  name: 'clock-agent',
  what: 'the clocks of both agents jump 10 minutes ahead or back (by the seed) and stay there until the next seed',
  strike: ({ rig, random, durations }) =>
    jump(rig, rig.agents, random.integer(0, 1) === 1 ? durations.clockJumpMs : -durations.clockJumpMs),
};

async function jump(rig: Rig, parts: readonly string[], offsetMs: number): Promise<void> {
  for (const part of parts) {
    await rig.setClock(part, offsetMs);
    await until(async () => {
      const pid = (await rig.stack.pids())[part];
      return pid !== undefined && killNow(pid, 'SIGUSR2');
    }, `a process of ${part} whose clock jumps`);
  }
}
