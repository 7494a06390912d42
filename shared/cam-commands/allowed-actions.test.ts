import { describe, expect, it } from '@jest/globals';
import { type Role, rolesFromClaim } from '../auth/roles.ts';
import { allowedActions } from './allowed-actions.ts';
import { commandStatuses } from './contracts.ts';

const viewer = (role: Role, name = 'engineer') => ({
  subject: name,
  name,
  roles: rolesFromClaim(role),
  kind: 'user' as const,
});
const of = (status: string, role: Role, name?: string) =>
  allowedActions({ status, requestedBy: 'engineer' }, viewer(role, name));

describe('what may be done to a command', () => {
  it.each(commandStatuses)('as %s', (status) => {
    const [ended, moving] = [
      ['Failed', 'Cancelled'].includes(status),
      ['Queued', 'Dispatched', 'Running', 'Retrying'].includes(status),
    ];
    expect(of(status, 'Mcms.Admin', 'somebody')).toEqual([
      ...(moving ? ['cancel'] : []),
      ...(ended ? ['retry'] : []),
      ...(status === 'Retrying' ? ['retry-now'] : []),
      'clone',
    ]);
  });

  it('depends on role and on who ordered it', () => {
    expect(of('Queued', 'Mcms.Engineer')).toEqual(['cancel', 'clone']);
    expect(of('Queued', 'Mcms.Engineer', 'colleague')).toEqual(['clone']);
    expect(of('Queued', 'Mcms.Reader')).toEqual([]);
    expect(of('Failed', 'Mcms.Operator')).toEqual(['retry']);
    expect(of('Failed', 'Mcms.CmdHost')).toEqual([]);
    expect(allowedActions({ status: 'Queued', requestedBy: 'x' }, undefined)).toEqual([]);
  });
});
