import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cmdhostConfig } from '../../shared/config/cmdhost.ts';
import { durationMs } from '../../shared/time/duration.ts';

const HERE = import.meta.dirname;
const ESPRIT = join(HERE, '../adapters/esprit-com/Invoke-EspritJob.ps1');
const SCRIPTS = [
  ...readdirSync(HERE)
    .filter((name) => name.endsWith('.ps1'))
    .map((name) => join(HERE, name)),
  ESPRIT,
].map((path): [string, string] => [path.split(/[\\/]/).at(-1) ?? '', readFileSync(path, 'utf8')]);
const installScript = readFileSync(join(HERE, 'install-service.ps1'), 'utf8');
const unit = readFileSync(join(HERE, 'mcms-cmdhost.service'), 'utf8');
const linuxInstaller = readFileSync(join(HERE, 'install.sh'), 'utf8');
const sample = JSON.parse(readFileSync(join(HERE, 'cmdhost.sample.json'), 'utf8')) as Record<string, unknown>;

/** Cmdlets that Windows PowerShell 5.1 has on every Windows; anything else is a function of these scripts or a mistake. */
const CMDLETS = new Set(
  `Add-Member Copy-Item ConvertFrom-Json ConvertTo-Json ForEach-Object Get-ChildItem Get-Content Get-FileHash Get-Process
   Get-ScheduledTask Get-Service Join-Path Move-Item New-Item New-Object New-ScheduledTaskAction New-ScheduledTaskPrincipal
   New-ScheduledTaskSettingsSet New-ScheduledTaskTrigger New-TimeSpan Out-Null Register-ScheduledTask Remove-Item Resolve-Path
   Set-Content Set-StrictMode Split-Path Start-Service Stop-Process Stop-ScheduledTask Stop-Service Test-Path
   Unregister-ScheduledTask Where-Object Write-Host`.split(/\s+/),
);
const AUTOMATIC = new Set(
  'true false null _ args env PSScriptRoot LASTEXITCODE ErrorActionPreference'
    .split(' ')
    .map((n) => n.toLowerCase()),
);

/** Code without comments and without what stands in quotes; a variable in double quotes is kept. */
function code(text: string): string {
  return text
    .replace(/<#[\s\S]*?#>/g, '')
    .replace(/@"[\s\S]*?\n"@/g, (here) => (here.match(/\$\{?\w+/g) ?? []).join(' '))
    .replace(/'[^'\n]*'/g, "''")
    .replace(/"[^"\n]*"/g, (quoted) => (quoted.match(/\$\{?\w+/g) ?? []).join(' ').replaceAll('{', ''))
    .replace(/#.*$/gm, '');
}
const names = (text: string, pattern: RegExp): Set<string> =>
  new Set([...text.matchAll(pattern)].map(([, name = '']) => name.toLowerCase()));

describe.each(SCRIPTS)('%s', (_name, text) => {
  it('uses only variables it has declared or set', () => {
    const source = code(text);
    const declared = names(source, /\$(\w+)(?=\s*(?:=[^=]|,\s*\$\w+\s*=|[,)\n]|\s+in\b|\.\w+\s*=))/g);
    const parameters = names(source, /\](?:\$)(\w+)/g);
    const unknown = [...names(source, /\$\{?(\w+)/g)].filter(
      (name) => !declared.has(name) && !parameters.has(name) && !AUTOMATIC.has(name),
    );
    expect(unknown).toEqual([]);
  });

  it('calls only documented cmdlets and functions of its own', () => {
    const all = SCRIPTS.map(([, one]) => one).join('\n');
    const own = names(all, /^function ([\w-]+)/gm);
    const called = [...code(text).matchAll(/(?<![\w$.-])([A-Z][a-z]+-[A-Z]\w+)/g)].map(
      ([, name = '']) => name,
    );
    expect(called.filter((name) => !CMDLETS.has(name) && !own.has(name.toLowerCase()))).toEqual([]);
  });

  it('has brackets that match', () => {
    const source = code(text);
    const pairs: [string, string][] = [
      ['{', '}'],
      ['(', ')'],
      ['[', ']'],
    ];
    for (const [open, close] of pairs) expect(source.split(open).length).toBe(source.split(close).length);
  });

  it('holds no secret, asks for none, and evaluates no text', () => {
    expect(text).not.toMatch(/password\s*=|ConvertTo-SecureString|Get-Credential|Invoke-Expression|\biex\b/i);
    expect(text).not.toMatch(/-EncodedCommand|DownloadString|Invoke-WebRequest/i);
  });

  it('stops at the first failure', () => {
    expect(text).toContain('Set-StrictMode -Version 2.0');
  });
});

describe('install-service.ps1', () => {
  it('documents every parameter', () => {
    const block = /^param\(([\s\S]*?)^\)/m.exec(installScript)?.[1] ?? '';
    const declared = [...block.matchAll(/\]\$(\w+)/g)].map(([, name = '']) => name);
    const documented = [...installScript.matchAll(/^\.PARAMETER (\w+)/gm)].map(([, name = '']) => name);
    expect(declared).toEqual(expect.arrayContaining(['ConfigFile', 'WinSWPath', 'WinSWSha256', 'CamUser']));
    expect(declared.sort()).toEqual(documented.sort());
  });

  it('sets recovery actions and a delayed start', () => {
    expect(installScript).toContain("'actions=', 'restart/5000/restart/30000/restart/60000'");
    expect(installScript).toContain("'start=', 'delayed-auto'");
  });
});

describe('the systemd unit', () => {
  it('restarts always and gives a stop as long as the sample configuration gives runs', () => {
    expect(unit).toMatch(/^Restart=always$/m);
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
    expect(seconds * 1000).toBe(durationMs(String(sample['stopGracePeriod'])) + 60_000);
    expect(installScript).toContain(`$StopTimeoutSeconds = ${seconds}`);
  });
});

it('the sample configuration is one, for a runner in the session of the CAM user; on Linux the agent starts its own', () => {
  const { adapters, runner } = cmdhostConfig.parse(sample);
  expect([adapters[0]?.application, runner.mode]).toEqual(['esprit', 'session']);
  const [, found, put] = /s\|("mode": "session")\|("mode": "child")\|/.exec(linuxInstaller) ?? [];
  expect(readFileSync(join(HERE, 'cmdhost.sample.json'), 'utf8').split(found ?? '')).toHaveLength(2);
  expect(put).toBe('"mode": "child"');
});
