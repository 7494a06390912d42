// Routing-list load test for k6: every response must be 200 with exactly 500 rows, within the limits of.
//   k6 run -e BASE_URL=http://127.0.0.1:7071 -e TOKEN="$(npm run -s token -- --roles Mcms.Reader)" load-tests/k6/routing_list.js
// Settings: BASE_URL (scheme and host, no /api), TOKEN, ITEM_CODE, REVISION_CODE, VUS, DURATION.
import http from 'k6/http';
import { check } from 'k6';
import { Rate, Trend } from 'k6/metrics';

const EXPECTED_ROWS = 500;

const baseUrl = (__ENV.BASE_URL || 'http://127.0.0.1:7071').replace(/\/+$/, '');
const itemCode = __ENV.ITEM_CODE || 'DEMO-500';
const revisionCode = __ENV.REVISION_CODE || 'A';

const rows = new Trend('routing_list_rows');
const failures = new Rate('routing_list_failures');

export const options = {
  vus: Number(__ENV.VUS || 10),
  duration: __ENV.DURATION || '1m',
  thresholds: {
    http_req_duration: ['p(95)<2000', 'max<3000'],
    http_req_failed: ['rate<0.005'],
    routing_list_failures: ['rate<0.005'],
    // One short or long page fails the run, however few there were.
    routing_list_rows: [`min>=${EXPECTED_ROWS}`, `max<=${EXPECTED_ROWS}`],
  },
};

/** Stops the run before it starts when the one setting without a default is missing. */
export function setup() {
  if (!__ENV.TOKEN) {
    throw new Error('TOKEN is not set: pass a bearer token of a user who may read routings (-e TOKEN=…).');
  }
}

/** Rows of one routing-list response; 0 for anything that is not a list, so that it counts as wrong. */
export function rowCount(response) {
  if (response.status !== 200) return 0;
  try {
    const list = response.json('value');
    return Array.isArray(list) ? list.filter((routing) => typeof routing.routingId === 'string').length : 0;
  } catch {
    return 0;
  }
}

/** One iteration: one page of 500. */
export default function listRoutings() {
  const query = `itemCode=${encodeURIComponent(itemCode)}&revisionCode=${encodeURIComponent(revisionCode)}&top=${EXPECTED_ROWS}`;
  const response = http.get(`${baseUrl}/api/routings?${query}`, {
    headers: { Authorization: `Bearer ${__ENV.TOKEN}`, Accept: 'application/json' },
    tags: { name: 'routing-list' },
  });
  const count = rowCount(response);
  rows.add(count);
  const passed = check(response, {
    'status is 200': (answer) => answer.status === 200,
    'exactly 500 rows': () => count === EXPECTED_ROWS,
  });
  failures.add(!passed);
}
