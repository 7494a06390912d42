/**
 * File names that the contract takes, and that would do harm wherever a name became an option, a path or a word of a shell: then
 * something named by `marker` appears.
 */
export function takenNames(marker: string): string[] {
  return [
    '--help',
    '-rf -- .nc',
    '--eval=process.exit(9)',
    `$(touch ${marker})`,
    `\`touch ${marker}\``,
    `a; touch ${marker}`,
    `a & touch ${marker} &`,
    `'; touch ${marker}; '`,
    '%PATH% $PATH ${HOME} ~',
    // Look like a path, a device and a drive to people, not to a file system.
    '．．∕．．⁄etc',
    'ＣＯＮ',
    'C：＼x',
    // Names of the run folder itself.
    'job.json',
    'result.json',
    'output',
    '.npmrc',
    '__proto__',
    'x'.repeat(197).concat('.nc'),
    // Two code points for one letter.
    'u\u0308ber.nc',
    // The first letter is Cyrillic.
    'аe.nc',
    'ae.nc',
    'æ.nc',
  ];
}

/** File names that the contract refuses: paths, names of devices, and what no file system or reader could be trusted with. */
export const REFUSED_NAMES: [string, string][] = [
  ['nothing', ''],
  ['the folder itself', '.'],
  ['the folder above', '..'],
  ['a path upwards', '../x'],
  ['a path upwards on Windows', '..\\x'],
  ['a path from the root', '/etc/hostname'],
  ['a path from a drive', 'C:\\x'],
  ['a path relative to a drive', 'C:x'],
  ['a stream of a file', 'a.nc:hidden'],
  ['a share', '\\\\server\\share'],
  ['a device', 'CON'],
  ['a device with an extension', 'nul.txt'],
  ['a device in lower case', 'com1.nc'],
  ['a dot at the end', 'a.'],
  ['a space at the end', 'a '],
  ['a NUL', 'a.nc\0.txt'],
  ['a new line', 'a\nb.nc'],
  ['a carriage return', 'a\rb.nc'],
  ['an escape', 'a\u001b[31m.nc'],
  ['a wildcard', '*.nc'],
  ['a pipe', 'a|b'],
  ['double quotes', '"a" "b"'],
  ['a redirection', 'a>b'],
  ['another reading direction', 'a\u202ecn.exe'],
  ['half a character', 'a\ud800.nc'],
  ['201 characters', 'x'.repeat(201)],
  ['more bytes than a file system takes', 'ü'.repeat(200)],
];
