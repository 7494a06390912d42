import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './fault.ts';
import { killNow, runningEsprits } from './kills.ts';

const LOOK_EVERY_MS = 50;

export const hang: Fault = {
  name: 'hang',
  what: 'every ESPRIT that runs, or starts within 3 s, stops answering (SIGSTOP); every other one is cancelled by an operator, the rest meet the limit of an attempt',
  async strike({ rig, durations }) {
    const hung = new Map<number, string>();
    const over = Date.now() + durations.hangMs;
    while (Date.now() < over) {
      for (const { pid, commandId } of await runningEsprits(rig)) {
        if (!hung.has(pid) && killNow(pid, 'SIGSTOP')) hung.set(pid, commandId);
      }
      await delay(LOOK_EVERY_MS);
    }
    const cancelled = [...hung.values()].filter((_, index) => index % 2 === 0);
    for (const commandId of cancelled) {
      const answer = await rig.operator.call('POST', `/commands/${commandId}/cancel`, {
        json: { reason: 'ESPRIT hangs' },
      });
      // 409: it had ended in another way.
      if (![200, 202, 409].includes(answer.status))
        throw new Error(`cancelling answered ${answer.status}: ${answer.text}`);
    }
  },
};
