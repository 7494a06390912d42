import { readFileSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readBicep } from './bicep.ts';

const modules = readdirSync('infra/modules').map((file) => readBicep(join('infra/modules', file)));
const textOf = (name: string) => modules.find((file) => file.path.endsWith(`/${name}.bicep`))?.text ?? '';

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
const ROLES: Readonly<Record<string, string>> = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  storageBlobDelegator: 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a',
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  dataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39',
  dataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0',
  communicationOwner: '09976791-48a7-449e-bb21-39d1a415f350',
};

describe('rights', () => {
  it('come from the known built-in roles only, each under its own name', () => {
    const named = modules.flatMap((file) =>
      [...file.text.matchAll(/(\w+)(?: =|:) '([0-9a-f]{8}-[0-9a-f-]{27})'/g)].map(
        ([, name = '', id = '']) => ({ name, id }),
      ),
    );
    expect(named).toHaveLength(Object.keys(ROLES).length);
    for (const { name, id } of named) expect({ name, id }).toEqual({ name, id: ROLES[name] });
  });

  it.each([
    [
      'functionsSendTo',
      [
        'esprit-commands',
        'esprit-dispatch',
        'esprit-results',
        'esprit-rejected',
        'file-verification',
        'exports',
      ],
    ],
    [
      'functionsReceiveFrom',
      [
        'esprit-commands',
        'esprit-dispatch',
        'esprit-results',
        'esprit-rejected',
        'file-verification',
        'exports',
      ],
    ],
    ['workstationsSendTo', ['esprit-results']],
    ['workstationsReceiveFrom', ['esprit-dispatch']],
  ])('%s is exactly what that side needs', (name, queues) => {
    const list = new RegExp(`^var ${name} = \\[([^\\]]*)\\]`, 'm').exec(textOf('service-bus'))?.[1] ?? '';
    expect([...list.matchAll(/'([^']+)'/g)].map((match) => match[1])).toEqual(queues);
  });

  it('on queues are given per queue, never on the namespace', () => {
    const scopes = [...textOf('service-bus').matchAll(/^ {4}scope: (.+)$/gm)].map((match) => match[1]);
    expect(scopes).toEqual(Array.from({ length: 4 }, () => 'queueResources[index]'));
  });
});

describe('no secret can leak, because there is none', () => {
  it.each(['host-storage', 'blobs'])('%s takes no account key and no anonymous reader', (name) => {
    expect(textOf(name)).toMatch(/allowSharedKeyAccess: false/);
    expect(textOf(name)).toMatch(/allowBlobPublicAccess: false/);
    expect(textOf(name)).toMatch(/minimumTlsVersion: 'TLS1_2'/);
    expect(textOf(name).match(/publicAccess: '(?!None)/g)).toBeNull();
  });

  it('Service Bus and SQL take Entra tokens only', () => {
    expect(textOf('service-bus')).toMatch(/disableLocalAuth: true/);
    expect(textOf('sql')).toMatch(/azureADOnlyAuthentication: true/);
    expect(textOf('sql')).not.toMatch(/administratorLoginPassword/);
  });

  it.each(modules.map((file) => [file.path, file.code] as const))('%s asks for no key', (_path, code) => {
    expect(code).not.toMatch(/\blist(Keys|Secrets|AccountSas|ServiceSas)\b/i);
  });
});

describe('the files of MCMS', () => {
  it('lie in the two agreed containers, of which only staging is ever emptied, after a week', () => {
    expect(textOf('blobs')).toMatch(
      /^var containerNames = loadJsonContent\('\.\.\/blob-containers\.json'\)$/m,
    );
    expect(JSON.parse(readFileSync('infra/blob-containers.json', 'utf8'))).toEqual(['staging', 'content']);
    expect(textOf('blobs')).toMatch(/prefixMatch: \['staging\/'\]/);
    expect(textOf('blobs')).toMatch(/daysAfterModificationGreaterThan: stagingDays/);
    expect(textOf('blobs')).toMatch(/^param stagingDays int = 7$/m);
    expect(textOf('blobs').match(/prefixMatch/g)).toHaveLength(1);
  });
});
