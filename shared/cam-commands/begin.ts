import { type AttemptDeps, findCommand, isFinal } from './attempts.ts';
import type { CommandPolicy } from './command-types.ts';
import type { CommandRow } from './command-view.ts';
import { concludeFailed } from './conclude.ts';
import type { CommandMessage } from './contracts.ts';
import { RUN_PROTOCOL } from './decide-waits.ts';
import { CamCommandError } from './errors.ts';
import { recordProducedCommand } from './order.ts';

export type Begun =
  | {
      readonly kind: 'proceed';
      /** How the run works from here on (`RUN_PROTOCOL`); version 0.1 did not say. */
      readonly protocol?: number | undefined;
      readonly policy: CommandPolicy;
      readonly notBefore: string | null;
      readonly cancelRequested: boolean;
    }
  /** The run this message is about has ended: there is nothing to do. */
  | { readonly kind: 'final' }
  /** The message asks for what cannot be. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly description: string };

/** First step of a run: finds the command, or records it when a producer sent it straight to the queue. */
export async function beginCommand(deps: AttemptDeps, message: CommandMessage): Promise<Begun> {
  const run = message.run ?? 1;
  let command: CommandRow;
  try {
    command = await findOrRecord(deps, message, run);
  } catch (error) {
    if (error instanceof CamCommandError) return rejected(error);
    throw error;
  }
  if (isFinal(command.status) || command.run > run) return { kind: 'final' };
  if (command.run < run) return rejected(new CamCommandError('run-unknown'));
  const type = deps.commandTypes.find(command.application, command.commandType);
  if (!type) {
    await failForGoneType(deps, command);
    return { kind: 'final' };
  }
  return {
    kind: 'proceed',
    protocol: RUN_PROTOCOL,
    policy: { retry: type.retry, limits: type.limits },
    notBefore: command.notBefore,
    cancelRequested: command.cancelRequestedAt !== null,
  };
}

async function findOrRecord(deps: AttemptDeps, message: CommandMessage, run: number): Promise<CommandRow> {
  const known = await findCommand(deps.database.read, message.commandId);
  if (known) return known;
  if (run !== 1) throw new CamCommandError('run-unknown');
  return recordProducedCommand(deps, message);
}

/** An order of a type that this version no longer has: the command is there, so it has to end as one. */
async function failForGoneType(deps: AttemptDeps, { commandId, run }: CommandRow): Promise<void> {
  await concludeFailed(
    deps,
    { commandId, run, attempt: 1 },
    {
      status: 'Failed',
      error: { code: 'COMMAND_TYPE_UNKNOWN', message: 'The command type is gone.', retryable: false },
    },
  );
}

function rejected(error: CamCommandError): Begun {
  const fields = (error.errors ?? []).map((field) => `${field.path} ${field.message}`).join('; ');
  return {
    kind: 'rejected',
    reason: error.code,
    description: fields ? `${error.message} ${fields}` : error.message,
  };
}
