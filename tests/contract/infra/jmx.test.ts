import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { allElements, parseXml } from './jmx.ts';

const text = readFileSync('load-tests/jmeter/routing_list.jmx', 'utf8');
const plan = allElements(parseXml(text));
const property = (name: string) =>
  plan.filter((element) => element.attributes['name'] === name).map((element) => element.text);

/** In JMeter 2.13 and in 5.6: component reference of either. */
const TEST_ELEMENTS = [
  'Arguments',
  'HTTPSamplerProxy',
  'HeaderManager',
  'LoopController',
  'RegexExtractor',
  'ResponseAssertion',
  'TestPlan',
  'ThreadGroup',
];
const PROPERTY_ELEMENTS = ['boolProp', 'collectionProp', 'elementProp', 'intProp', 'stringProp'];

describe('the JMeter plan', () => {
  it('uses only elements that JMeter 2.13 and 5.6 both know', () => {
    const names = new Set(plan.map((element) => element.name));
    const allowed = new Set(['jmeterTestPlan', 'hashTree', ...PROPERTY_ELEMENTS, ...TEST_ELEMENTS]);
    expect([...names].filter((name) => !allowed.has(name))).toEqual([]);
    expect(new Set(plan.flatMap(({ attributes }) => attributes['testclass'] ?? []))).toEqual(
      new Set(TEST_ELEMENTS),
    );
  });

  it('gives every test element its hash tree, in pairs', () => {
    for (const tree of plan.filter((element) => element.name === 'hashTree'))
      expect(tree.children.map((child) => child.name === 'hashTree')).toEqual(
        tree.children.map((_child, index) => index % 2 === 1),
      );
  });

  it('counts the rows of every response and takes exactly 500, with status 200', () => {
    expect(property('RegexExtractor.match_number')).toEqual(['-1']);
    expect(property('RegexExtractor.refname')).toEqual(['rows']);
    expect(property('Scope.variable')).toEqual(['rows_matchNr']);
    const assertions = plan
      .filter((element) => element.name === 'ResponseAssertion')
      .map((element) => ({
        expected: allElements(element)
          .filter((child) => /^\d+$/.test(child.attributes['name'] ?? ''))
          .map((child) => child.text),
        type: allElements(element).find((child) => child.attributes['name'] === 'Assertion.test_type')?.text,
      }));
    expect(assertions).toEqual([
      { expected: ['200'], type: '8' },
      { expected: ['500'], type: '8' },
    ]);
  });

  it('finds one row per routing in a list as the API writes it', () => {
    const pattern = new RegExp(property('RegexExtractor.regex')[0] ?? '', 'g');
    const list = {
      value: Array.from({ length: 499 }, (_none, index) => ({ routingId: `id-${index}`, name: 'routingId' })),
    };
    expect(JSON.stringify(list).match(pattern)).toHaveLength(499);
    expect(JSON.stringify(list, null, 2).match(pattern)).toHaveLength(499);
  });

  it('takes every setting from a property', () => {
    const names = [...text.matchAll(/\$\{__P\((\w+),/g)].map((match) => match[1]);
    expect(names).toEqual([
      'protocol',
      'host',
      'port',
      'token',
      'itemCode',
      'revisionCode',
      'loops',
      'threads',
      'rampSeconds',
      'durationSeconds',
    ]);
  });
});

describe('the reader of the plan', () => {
  it.each([
    ['<a><b></a></b>', /closes nothing/],
    ['<a>', /never closed/],
    ['<a>x & y</a>', /bare &/],
    ['<a b=c/>', /not well-formed/],
    ['<a/><b/>', /one root/],
  ])('refuses %s', (xml, message) => {
    expect(() => parseXml(xml)).toThrow(message);
  });
});
