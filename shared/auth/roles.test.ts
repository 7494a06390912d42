import { describe, expect, it } from '@jest/globals';
import { ROLES, rolesFromClaim } from './roles.ts';

describe('rolesFromClaim', () => {
  it.each([
    [['Mcms.Machinist'], ['Mcms.Machinist']],
    [['Mcms.Reader'], ['Mcms.Machinist', 'Mcms.Reader']],
    [['Mcms.Engineer'], ['Mcms.Engineer', 'Mcms.Machinist', 'Mcms.Reader']],
    [['Mcms.Approver'], ['Mcms.Approver', 'Mcms.Machinist', 'Mcms.Reader']],
    [['Mcms.Operator'], ['Mcms.Machinist', 'Mcms.Operator', 'Mcms.Reader']],
    [['Mcms.CmdHost'], ['Mcms.CmdHost']],
    ['Mcms.Machinist', ['Mcms.Machinist']],
  ])('%j grants %j', (claim, granted) => {
    expect([...rolesFromClaim(claim)].toSorted()).toEqual(granted);
  });

  it('gives an administrator every role but that of a workstation', () => {
    expect([...rolesFromClaim(['Mcms.Admin'])].toSorted()).toEqual(
      ROLES.filter((role) => role !== 'Mcms.CmdHost').toSorted(),
    );
  });

  it.each([
    undefined,
    null,
    7,
    {},
    [],
    ['mcms.admin'],
    ['Mcms.Admin '],
    ['constructor'],
    [['Mcms.Admin']],
    'Mcms.Admin,Mcms.Reader',
  ])('grants nothing for %j', (claim) => {
    expect(rolesFromClaim(claim).size).toBe(0);
  });
});
