/** Answers whether a value of a route parameter is acceptable. */
export type RouteConstraint = (value: string) => boolean;

const INT_MIN = -2147483648n;
const INT_MAX = 2147483647n;
const LONG_MIN = -9223372036854775808n;
const LONG_MAX = 9223372036854775807n;

/** Constraints without arguments, as ASP.NET Core names them ("Route constraints" in its routing documentation). */
const PLAIN: Readonly<Record<string, RouteConstraint>> = {
  int: (value) => isInteger(value, INT_MIN, INT_MAX),
  long: (value) => isInteger(value, LONG_MIN, LONG_MAX),
  bool: (value) => /^(?:true|false)$/i.test(value),
  guid: (value) => /^(?:[0-9a-f]{32}|\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?)$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
};

const WITH_NUMBERS: Readonly<Record<string, (...limits: number[]) => RouteConstraint>> = {
  minlength: (least) => (value) => value.length >= Number(least),
  maxlength: (most) => (value) => value.length <= Number(most),
  length:
    (least, most = least) =>
    (value) =>
      value.length >= Number(least) && value.length <= Number(most),
  min: (least) => (value) => PLAIN['long']!(value) && BigInt(value) >= BigInt(Number(least)),
  max: (most) => (value) => PLAIN['long']!(value) && BigInt(value) <= BigInt(Number(most)),
  range: (least, most) => (value) =>
    PLAIN['long']!(value) && BigInt(value) >= BigInt(Number(least)) && BigInt(value) <= BigInt(Number(most)),
};

const ARGUMENT_COUNTS: Readonly<Record<string, readonly number[]>> = {
  minlength: [1],
  maxlength: [1],
  length: [1, 2],
  min: [1],
  max: [1],
  range: [2],
};

/** The constraint written as `text` (`int`, `range(1,9)`, `regex(^\\d+$)`); undefined when this host does not know it. */
export function parseConstraint(text: string): RouteConstraint | undefined {
  const [, name = '', list] = /^([a-z]+)(?:\((.*)\))?$/i.exec(text) ?? [];
  if (list === undefined) return Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined;
  if (name === 'regex') return regexConstraint(list);
  const values = list.split(',').map((part) => part.trim());
  if (!ARGUMENT_COUNTS[name]?.includes(values.length) || !values.every((value) => /^-?\d+$/.test(value))) {
    return undefined;
  }
  return WITH_NUMBERS[name]?.(...values.map(Number));
}

function regexConstraint(pattern: string): RouteConstraint | undefined {
  try {
    const expression = new RegExp(pattern, 'i');
    return (value) => expression.test(value);
  } catch {
    return undefined; // the caller refuses the route and names the constraint
  }
}

function isInteger(value: string, least: bigint, most: bigint): boolean {
  if (!/^[+-]?\d{1,19}$/.test(value) || value.startsWith('+')) return false;
  const number = BigInt(value);
  return number >= least && number <= most;
}
