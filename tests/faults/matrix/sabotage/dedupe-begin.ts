import { beginCommand as real } from '../../../../shared/cam-commands/begin.ts';

export * from '../../../../shared/cam-commands/begin.ts';

/** Sabotage: a run that the database knows as ended is begun again. */
export const beginCommand: typeof real = async (deps, message) => {
  const begun = await real(deps, message);
  const type = deps.commandTypes.find(message.application, message.commandType);
  if (begun.kind !== 'final' || !type) return begun;
  return {
    kind: 'proceed',
    policy: { retry: type.retry, limits: type.limits },
    notBefore: null,
    cancelRequested: false,
  };
};
