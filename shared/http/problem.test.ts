import { describe, expect, it } from '@jest/globals';
import { AppError, UnavailableError } from '../errors.ts';
import { toProblem } from './problem.ts';

const context = { traceId: '0af7651916cd43dd8448eb211c80319c', instance: '/api/things/1' };

describe('toProblem', () => {
  it('lets a known error speak for itself', () => {
    const error = new AppError({
      code: 'thing-wrong-state',
      httpStatus: 409,
      message: 'The thing is closed.',
      extensions: { allowedActions: ['reopen'] },
      errors: [{ path: 'state', message: 'is closed' }],
    });
    expect(toProblem(error, context)).toEqual({
      status: 409,
      headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
      body: {
        type: 'urn:mcms:problem:thing-wrong-state',
        title: 'Conflict',
        status: 409,
        detail: 'The thing is closed.',
        instance: '/api/things/1',
        code: 'thing-wrong-state',
        traceId: context.traceId,
        errors: [{ path: 'state', message: 'is closed' }],
        allowedActions: ['reopen'],
      },
    });
  });

  it('does not let an extension replace a standard member', () => {
    const error = new AppError({
      code: 'x',
      httpStatus: 400,
      message: 'm',
      extensions: { status: 200, traceId: 'x' },
    });
    expect(toProblem(error, context).body).toMatchObject({ status: 400, traceId: context.traceId });
  });

  it.each([
    new Error('password=hunter2'),
    new TypeError('x'),
    'text',
    undefined,
    null,
    { code: 'x', httpStatus: 400 },
  ])('hides what a defect says: %p', (error) => {
    const problem = toProblem(error, context);
    expect(problem.status).toBe(500);
    expect(problem.body).toMatchObject({ code: 'internal-error', traceId: context.traceId });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('answers a passing fault by 503 and when to come back, without its message', () => {
    expect(toProblem(new UnavailableError('The database is away.'), context)).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '5' },
      body: { detail: 'The database is away.' },
    });
    const driverError = Object.assign(new Error('login failed for sa'), { retryAfterSeconds: 1.2 });
    const problem = toProblem(driverError, context);
    expect(problem).toMatchObject({ status: 503, headers: { 'Retry-After': '2' } });
    expect(JSON.stringify(problem)).not.toContain('sa"');
    expect(problem.body['detail']).not.toContain('login');
  });
});
