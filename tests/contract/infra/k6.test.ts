import { beforeEach, describe, expect, it, jest } from '@jest/globals';

interface Answer {
  readonly status: number;
  json(selector: string): unknown;
}
type Thresholds = Readonly<Record<string, readonly string[]>>;
interface Script {
  readonly options: { readonly vus: number; readonly duration: string; readonly thresholds: Thresholds };
  setup(): void;
  default(): void;
}

const samples = new Map<string, number[]>();
const requests: { url: string; headers: Record<string, string> }[] = [];
let answer: Answer;

class Metric {
  readonly values: number[];
  constructor(name: string) {
    samples.set(name, (this.values = samples.get(name) ?? []));
  }
  add(value: number | boolean): void {
    this.values.push(Number(value));
  }
}

const environment: Record<string, string> = {
  BASE_URL: 'http://127.0.0.1:7071/',
  TOKEN: 'a-token',
  ITEM_CODE: 'A&B 1',
};
Object.assign(globalThis, { __ENV: environment });
jest.unstable_mockModule(
  'k6/http',
  () => ({
    default: {
      get: (url: string, { headers }: { headers: Record<string, string> }) => {
        requests.push({ url, headers });
        return answer;
      },
    },
  }),
  { virtual: true },
);
jest.unstable_mockModule(
  'k6',
  () => ({
    check: (value: Answer, checks: Record<string, (value: Answer) => boolean>) =>
      Object.values(checks)
        .map((holds) => holds(value))
        .every(Boolean),
  }),
  { virtual: true },
);
jest.unstable_mockModule('k6/metrics', () => ({ Rate: Metric, Trend: Metric }), { virtual: true });

const path: string = '../../../load-tests/k6/routing_list.js';
const script = (await import(path)) as Script;

/** The thresholds of the script that its own metrics break, by k6's rules for rate, min and max. */
function brokenThresholds(): string[] {
  return Object.entries(script.options.thresholds).flatMap(([metric, conditions]) => {
    const values = samples.get(metric);
    return values
      ? conditions
          .filter((condition) => !holds(condition, values))
          .map((condition) => `${metric} ${condition}`)
      : [];
  });
}

function holds(condition: string, values: readonly number[]): boolean {
  const [, aggregate, operator, limit] = /^(rate|min|max)(<=|>=|<)([\d.]+)$/.exec(condition) ?? [];
  const value =
    aggregate === 'rate'
      ? values.reduce((sum, next) => sum + next, 0) / values.length
      : Math[aggregate as 'min' | 'max'](...values);
  if (operator === '<') return value < Number(limit);
  return operator === '<=' ? value <= Number(limit) : value >= Number(limit);
}

function listOf(count: number, status = 200): Answer {
  const body = {
    value: Array.from({ length: count }, (_none, index) => ({ routingId: `routing-${index}` })),
  };
  return { status, json: (selector) => body[selector as 'value'] };
}

/** Runs 299 good iterations and one with the given answer: a single bad response must not drown in good ones. */
function runWithOne(bad: Answer): string[] {
  for (let iteration = 0; iteration < 300; iteration++) {
    answer = iteration === 150 ? bad : listOf(500);
    script.default();
  }
  return brokenThresholds();
}

describe('the k6 script', () => {
  beforeEach(() => {
    requests.length = 0;
    for (const values of samples.values()) values.length = 0;
  });

  it('asks for one page of 500 with the token', () => {
    answer = listOf(500);
    script.default();
    expect(requests).toEqual([
      {
        url: 'http://127.0.0.1:7071/api/routings?itemCode=A%26B%201&revisionCode=A&top=500',
        headers: { Authorization: 'Bearer a-token', Accept: 'application/json' },
      },
    ]);
  });

  it('passes when every response holds exactly 500 rows', () => {
    expect(runWithOne(listOf(500))).toEqual([]);
  });

  it.each([
    ['499 rows', listOf(499)],
    ['501 rows', listOf(501)],
    ['an error with 500 rows in it', listOf(500, 500)],
    ['something that is not a list', { status: 200, json: () => undefined }],
    [
      'a body that is no JSON',
      {
        status: 200,
        json: () => {
          throw new Error('invalid character');
        },
      },
    ],
  ])('fails on one response with %s among 300', (_title, bad) => {
    expect(runWithOne(bad)).toEqual([expect.stringMatching(/^routing_list_rows (min>=500|max<=500)$/)]);
  });

  it('fails when the share of wrong responses reaches 0.5 %', () => {
    answer = listOf(500, 503);
    script.default();
    expect(brokenThresholds()).toContain('routing_list_failures rate<0.005');
  });

  it('holds the limits of the service levels', () => {
    expect(script.options.thresholds).toMatchObject({
      http_req_duration: ['p(95)<2000', 'max<3000'],
      http_req_failed: ['rate<0.005'],
    });
    expect(script.options).toMatchObject({ vus: 10, duration: '1m' });
  });

  it('does not start without a token', () => {
    delete environment['TOKEN'];
    expect(() => script.setup()).toThrow(/TOKEN is not set/);
    environment['TOKEN'] = 'a-token';
    expect(() => script.setup()).not.toThrow();
  });
});
