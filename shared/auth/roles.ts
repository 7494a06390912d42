/** App roles, as they stand in the claim `roles` of a token. Closed: an unknown role in a token gives nothing. */
export const ROLES = [
  'Mcms.Machinist',
  'Mcms.Reader',
  'Mcms.Engineer',
  'Mcms.Approver',
  'Mcms.Operator',
  'Mcms.Admin',
  'Mcms.CmdHost',
] as const;

export type Role = (typeof ROLES)[number];

const READS: readonly Role[] = ['Mcms.Reader', 'Mcms.Machinist'];

/** What holding a role includes. `Mcms.CmdHost` belongs to workstations alone: no other role includes it, nor it any other. */
const INCLUDES: Readonly<Record<Role, readonly Role[]>> = {
  'Mcms.Machinist': [],
  'Mcms.Reader': ['Mcms.Machinist'],
  'Mcms.Engineer': READS,
  'Mcms.Approver': READS,
  'Mcms.Operator': READS,
  'Mcms.Admin': [...READS, 'Mcms.Engineer', 'Mcms.Approver', 'Mcms.Operator'],
  'Mcms.CmdHost': [],
};

/** The roles a claim grants, with those they include. Anything in the claim that is not a known role is ignored. */
export function rolesFromClaim(claim: unknown): ReadonlySet<Role> {
  const named = typeof claim === 'string' ? [claim] : Array.isArray(claim) ? claim : [];
  const roles = ROLES.filter((role) => named.includes(role));
  return new Set(roles.flatMap((role) => [role, ...INCLUDES[role]]));
}
