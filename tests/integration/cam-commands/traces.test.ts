import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Telemetry, startTelemetry } from '../../../shared/telemetry/start.ts';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

describe('the trace of a command', () => {
  let telemetry: Telemetry;
  let rig: OrchestrationRig;
  beforeAll(async () => {
    telemetry = await startTelemetry({ serviceName: 'mcms-functions', serviceVersion: 'test' });
  });
  afterAll(() => telemetry.shutdown());
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  it('leads from the order through queue, orchestration, claim and result into every history entry', async () => {
    const reply = await rig.http('POST', `routings/${rig.routingId}/commands`, {
      json: { application: 'esprit', commandType: 'GenerateNcProgram' },
      headers: { traceparent: TRACEPARENT },
    });
    const commandId = String(reply.json['commandId']);
    const [message] = rig.sender.to('esprit-commands');
    expect(message?.traceparent ?? '').toContain(TRACE_ID);
    await rig.deliver('esprit-commands', message?.body, { 'Diagnostic-Id': message?.traceparent });
    const job = await mustClaim(rig);
    expect(job.traceparent).toContain(TRACE_ID);
    await rig.report(job, { kind: 'failed', error: { code: 'CRASHED', message: 'x', retryable: true } });
    await rig.pass(1000);
    const second = await mustClaim(rig);
    await rig.http('POST', `commands/${commandId}/cancel`, { json: { reason: 'stop' } });
    await rig.report(second, { kind: 'cancelled' });

    const { command, entries } = await rowsOf(rig, commandId);
    expect(command.status).toBe('Cancelled');
    expect(entries.map(({ changeType, traceId }) => ({ changeType, traceId }))).toEqual([
      { changeType: 'CommandRequested', traceId: TRACE_ID },
      { changeType: 'CommandRetrying', traceId: TRACE_ID },
      { changeType: 'CommandCancelRequested', traceId: TRACE_ID },
      { changeType: 'CommandCancelled', traceId: TRACE_ID },
    ]);
  });

  it('is the producer’s when its message carries one', async () => {
    expect(await traceOfProduced({ 'Diagnostic-Id': TRACEPARENT })).toEqual([TRACE_ID, TRACE_ID]);
  });

  it.each([
    ['none', {}],
    ['nonsense', { 'Diagnostic-Id': '|abc.' }],
  ])('is one of its own when a producer’s message carries %s', async (_what, properties) => {
    const [requested, succeeded] = await traceOfProduced(properties);
    expect(requested).toMatch(/^[0-9a-f]{32}$/);
    expect(succeeded).toBe(requested);
  });

  async function traceOfProduced(properties: object): Promise<(string | null)[]> {
    const commandId = '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';
    const message = {
      schemaVersion: 1,
      commandId,
      application: 'esprit',
      commandType: 'Simulate',
      routingId: rig.routingId,
      requestedBy: 'mes',
      requestedAt: '2030-01-01T00:00:00Z',
    };
    await rig.deliver('esprit-commands', message, properties);
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    return (await rowsOf(rig, commandId)).entries.map((entry) => entry.traceId);
  }
});
