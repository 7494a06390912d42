import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const text = readFileSync('infra/service-bus-queues.json', 'utf8');

/** What producers, agents and operators rely on; durations in ISO 8601 as Resource Manager takes them. */
const AGREED = [
  {
    name: 'esprit-commands',
    lockDuration: 'PT1M',
    maxDeliveryCount: 10,
    requiresDuplicateDetection: true,
    duplicateDetectionHistoryTimeWindow: 'PT10M',
    deadLetteringOnMessageExpiration: true,
  },
  { name: 'esprit-dispatch', lockDuration: 'PT1M', maxDeliveryCount: 100, defaultMessageTimeToLive: 'P1D' },
  { name: 'esprit-results', lockDuration: 'PT1M', maxDeliveryCount: 10 },
  { name: 'esprit-rejected', lockDuration: 'PT1M', maxDeliveryCount: 2000, defaultMessageTimeToLive: 'P14D' },
  { name: 'file-verification', lockDuration: 'PT5M', maxDeliveryCount: 10 },
  { name: 'exports', lockDuration: 'PT5M', maxDeliveryCount: 10 },
];

/** https://learn.microsoft.com/azure/templates/microsoft.servicebus/namespaces/queues, the properties a queue file may set. */
const RESOURCE_MANAGER_PROPERTIES = new Set([
  'name',
  'autoDeleteOnIdle',
  'deadLetteringOnMessageExpiration',
  'defaultMessageTimeToLive',
  'duplicateDetectionHistoryTimeWindow',
  'enableBatchedOperations',
  'lockDuration',
  'maxDeliveryCount',
  'maxSizeInMegabytes',
  'requiresDuplicateDetection',
]);

describe('the queue file', () => {
  it('holds exactly the agreed queues and settings', () => {
    expect(JSON.parse(text)).toEqual(AGREED);
  });

  it('has only keys that Resource Manager knows, since Bicep hands them on as they are', () => {
    const keys = [...text.matchAll(/"(\w+)":/g)].map((match) => match[1] ?? '');
    expect(keys.filter((key) => !RESOURCE_MANAGER_PROPERTIES.has(key))).toEqual([]);
  });

  it('is where Bicep takes the queues from, whole', () => {
    const bicep = readFileSync('infra/modules/service-bus.bicep', 'utf8');
    expect(bicep).toContain("var queues = loadJsonContent('../service-bus-queues.json')");
    expect(bicep).toMatch(
      /for queue in queues: \{\s+parent: bus\s+name: queue\.name\s+properties: toObject\(/,
    );
    expect(bicep.match(/maxDeliveryCount|lockDuration|TimeToLive/g)).toBeNull();
  });
});
