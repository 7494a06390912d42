import { describe, expect, it } from '@jest/globals';
import { failureSignature, normalText } from './failure-signature.ts';

const COMMAND = { application: 'esprit', commandType: 'GenerateNcProgram' };

describe('the signature of a failure', () => {
  it.each([
    ['the run was ended after 1800000 ms', 'the run was ended after 60000 ms'],
    ['bracket.stl could not be downloaded', 'plate-7.stl could not be downloaded'],
    ['cannot open C:\\jobs\\a\\model.esp', 'cannot open D:\\b\\part.esp'],
    ['cannot open /var/jobs/1/model.esp', 'cannot open /tmp/x'],
    ['tool "T12" is missing', 'tool "T7" is missing'],
    ['no instance 0f8fad5b-d9cb-469f-a165-70867728950e', 'no instance 7C9E6679-7425-40DE-944B-E07FC1F90AE7'],
    ['Licence  busy', 'licence busy'],
  ])('is the same for %j and %j', (one, other) => {
    expect(normalText(one)).toBe(normalText(other));
    expect(failureSignature(COMMAND, { code: 'X', message: one })).toBe(
      failureSignature(COMMAND, { code: 'X', message: other }),
    );
  });

  it('differs by application, type, code and by what is said', () => {
    const error = { code: 'X', message: 'the model is open' };
    const signatures = [
      failureSignature(COMMAND, error),
      failureSignature({ ...COMMAND, application: 'solidworks' }, error),
      failureSignature({ ...COMMAND, commandType: 'Simulate' }, error),
      failureSignature(COMMAND, { ...error, code: 'Y' }),
      failureSignature(COMMAND, { ...error, message: 'the model is locked' }),
    ];
    expect(new Set(signatures).size).toBe(signatures.length);
    expect(signatures.every((signature) => /^[0-9a-f]{16}$/.test(signature))).toBe(true);
  });
});
