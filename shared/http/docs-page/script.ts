/** The API page's program: renders `openapi.json` and sends requests. Text reaches the page as text only, never as markup. */
export const SCRIPT = String.raw`
'use strict';
const WORDS = {
  en: { token: 'Bearer token', filter: 'Filter', send: 'Send', parameters: 'Parameters', body: 'Body', responses: 'Responses',
    answer: 'Answer', failed: 'No answer: ', redirect: 'A redirect; the browser does not show where to.',
    intro: 'The token stays in this page and is gone when you close it.', loadFailed: 'The API document could not be read.',
    binary: 'bytes that are not text' },
  ko: { token: '베어러 토큰', filter: '찾기', send: '보내기', parameters: '매개변수', body: '본문', responses: '응답',
    answer: '결과', failed: '응답 없음: ', redirect: '리디렉션입니다. 브라우저가 주소를 보여 주지 않습니다.',
    intro: '토큰은 이 페이지에만 있으며 창을 닫으면 사라집니다.', loadFailed: 'API 문서를 읽을 수 없습니다.',
    binary: '바이트 (텍스트 아님)' },
};
let language = (navigator.language || 'en').startsWith('ko') ? 'ko' : 'en';
let api;
const words = () => WORDS[language];
const byId = (id) => document.getElementById(id);

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

function resolve(schema) {
  let current = schema || {};
  for (let hops = 0; current.$ref && hops < 10; hops++) {
    current = current.$ref.slice(2).split('/').reduce((node, key) => (node || {})[key], api) || {};
  }
  return current;
}

function typeText(schema, depth) {
  const s = resolve(schema);
  const pad = '  '.repeat(depth + 1);
  const any = s.anyOf || s.oneOf;
  if (any) return any.map((one) => typeText(one, depth)).join(' | ');
  if (s.enum) return s.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (s.const !== undefined) return JSON.stringify(s.const);
  if (s.type === 'array') return typeText(s.items, depth) + '[]';
  if (s.type === 'object' && s.properties && depth < 6) {
    const needed = new Set(s.required || []);
    const lines = Object.entries(s.properties).map(([name, field]) => {
      const note = resolve(field).description || field.description;
      return pad + name + (needed.has(name) ? '' : '?') + ': ' + typeText(field, depth + 1) + (note ? '   // ' + note : '');
    });
    return '{\n' + lines.join('\n') + '\n' + '  '.repeat(depth) + '}';
  }
  return [s.type || 'any', s.format].filter(Boolean).join(' ');
}

function example(schema, depth) {
  const s = resolve(schema);
  if (s.default !== undefined) return s.default;
  if (s.examples) return s.examples[0];
  if (s.const !== undefined) return s.const;
  if (s.enum) return s.enum[0];
  const any = s.anyOf || s.oneOf;
  if (any) return example(any[0], depth);
  if (s.type === 'array') return depth > 5 ? [] : [example(s.items, depth + 1)];
  if (s.type === 'object') {
    const fields = depth > 5 ? [] : Object.entries(s.properties || {});
    return Object.fromEntries(fields.map(([name, field]) => [name, example(field, depth + 1)]));
  }
  if (s.type === 'integer' || s.type === 'number') return s.minimum || 0;
  if (s.type === 'boolean') return false;
  return s.format === 'date-time' ? new Date().toISOString() : '';
}

function hint(parameter) {
  const s = parameter.schema || {};
  const range = s.minimum !== undefined && s.maximum !== undefined ? s.minimum + '–' + s.maximum : '';
  const choice = s.enum ? s.enum.join(', ') : '';
  const preset = s.default === undefined ? '' : '= ' + s.default;
  return [parameter.description, range, choice, preset].filter(Boolean).join(' · ');
}

function field(id, parameter) {
  const inputId = id + '-' + parameter.in + '-' + parameter.name;
  const label = el('label', { for: inputId }, el('code', {}, parameter.name), parameter.required ? ' *' : '');
  const input = el('input', { id: inputId, required: parameter.required, autocomplete: 'off', 'data-in': parameter.in, 'data-name': parameter.name });
  const note = hint(parameter);
  return el('div', { class: 'field' }, label, input, note ? el('span', { class: 'hint' }, note) : undefined);
}

async function send(form, method, path, output) {
  const query = new URLSearchParams();
  const headers = {};
  let target = path;
  for (const input of form.querySelectorAll('input[data-in]')) {
    if (input.value === '') continue;
    const name = input.dataset.name;
    if (input.dataset.in === 'path') target = target.replace('{' + name + '}', encodeURIComponent(input.value));
    else if (input.dataset.in === 'query') query.set(name, input.value);
    else headers[name] = input.value;
  }
  const token = byId('token').value.trim();
  if (token) headers.Authorization = 'Bearer ' + token;
  const body = form.querySelector('textarea');
  if (body) headers['Content-Type'] = 'application/json';
  const text = query.toString();
  const startedAt = performance.now();
  try {
    const response = await fetch(api.servers[0].url + target + (text ? '?' + text : ''), {
      method, headers, body: body ? body.value : undefined, redirect: 'manual', credentials: 'omit', cache: 'no-store',
    });
    const elapsed = Math.round(performance.now() - startedAt) + ' ms';
    if (response.type === 'opaqueredirect') return show(output, '302 · ' + elapsed, words().redirect);
    const bytes = await response.arrayBuffer();
    const list = [...response.headers].map(([name, value]) => name + ': ' + value).join('\n');
    show(output, response.status + ' ' + response.statusText + ' · ' + elapsed, list + '\n\n' + readable(response, bytes));
  } catch (error) {
    show(output, words().failed + error.message, '');
  }
}

function readable(response, bytes) {
  const type = response.headers.get('content-type') || '';
  if (!/json|text/.test(type)) return bytes.byteLength ? bytes.byteLength + ' ' + words().binary : '';
  const text = new TextDecoder().decode(bytes);
  if (!type.includes('json')) return text;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function show(output, title, text) {
  output.replaceChildren(el('h3', {}, words().answer + ': ' + title), el('pre', { tabindex: '0' }, text));
}

function operation(path, method, op) {
  const output = el('div', { 'aria-live': 'polite' });
  const parameters = (op.parameters || []).map((parameter) => field(op.operationId, parameter));
  const media = op.requestBody && op.requestBody.content['application/json'];
  const bodyId = op.operationId + '-body';
  const form = el('form', { onsubmit: (event) => { event.preventDefault(); send(form, method, path, output); } },
    parameters.length ? el('h3', {}, words().parameters) : undefined, ...parameters,
    media ? el('h3', {}, el('label', { for: bodyId }, words().body)) : undefined,
    media ? el('textarea', { id: bodyId, spellcheck: 'false' }, JSON.stringify(example(media.schema, 0), null, 2)) : undefined,
    media ? el('pre', { tabindex: '0' }, typeText(media.schema, 0)) : undefined,
    el('p', {}, el('button', { class: 'send', type: 'submit' }, words().send)));
  const rows = Object.entries(op.responses).filter(([status]) => status !== 'default').map(([status, response]) => {
    const content = Object.values(response.content || {})[0];
    const shape = content && content.schema && Number(status) < 400 ? el('pre', { tabindex: '0' }, typeText(content.schema, 0)) : undefined;
    return el('tr', {}, el('td', {}, el('code', {}, status)), el('td', {}, response.description, shape));
  });
  return el('details', { class: 'op', id: op.operationId },
    el('summary', {}, el('span', { class: 'method ' + method }, method), el('code', {}, path), el('span', { class: 'what' }, op.summary)),
    el('div', { class: 'inner' }, op.description ? el('p', { class: 'desc' }, op.description) : undefined, form, output,
      el('details', {}, el('summary', {}, words().responses), el('table', {}, el('tbody', {}, ...rows)))));
}

function operations() {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => ({ path, method: method.toUpperCase(), op })));
}

function render() {
  document.documentElement.lang = language;
  byId('version').textContent = api.info.version;
  byId('token').placeholder = words().token;
  byId('token').setAttribute('aria-label', words().token);
  const filter = el('input', { type: 'search', 'aria-label': words().filter, placeholder: words().filter, oninput: () => narrow(filter.value) });
  const menu = [filter];
  const page = [el('p', { class: 'intro' }, api.info.description + '\n' + words().intro)];
  for (const tag of api.tags) {
    const own = operations().filter(({ op }) => op.tags[0] === tag.name);
    if (own.length === 0) continue;
    menu.push(el('section', {}, el('h2', {}, tag.name), el('ul', {}, ...own.map((one) => el('li', { 'data-text': textOf(one) },
      el('a', { href: '#' + one.op.operationId, onclick: () => { byId(one.op.operationId).open = true; } },
        el('span', { class: 'method ' + one.method }, one.method + ' '), one.path))))));
    page.push(el('section', {}, el('h2', { class: 'tag' }, tag.name), ...own.map((one) => {
      const node = operation(one.path, one.method, one.op);
      node.dataset.text = textOf(one);
      return node;
    })));
  }
  byId('menu').replaceChildren(...menu);
  byId('page').replaceChildren(...page);
  const chosen = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (chosen) { chosen.open = true; chosen.scrollIntoView(); }
}

const textOf = ({ path, method, op }) => [method, path, op.summary].join(' ').toLowerCase();

function narrow(wanted) {
  for (const node of document.querySelectorAll('[data-text]')) node.hidden = !node.dataset.text.includes(wanted.toLowerCase());
  for (const section of document.querySelectorAll('section')) section.hidden = !section.querySelector('[data-text]:not([hidden])');
}

byId('language').value = language;
byId('language').addEventListener('change', (event) => { language = event.target.value; if (api) render(); });
fetch('openapi.json').then((response) => response.json()).then((document) => { api = document; render(); })
  .catch(() => { byId('page').textContent = words().loadFailed; });
`;
