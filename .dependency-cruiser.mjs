import swcVisitor from '@swc/core/Visitor.js';

/** swc's visitor, which dependency-cruiser reads modules with, knows no `using`: it is visited as the declaration that it is. */
const { Visitor } = swcVisitor;
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  statement.decls = this.visitVariableDeclarators(statement.decls);
  return statement;
};

/**
 * The import arrows of docs/architecture.md: functions → areas → technologies. An area's `contracts.ts` may be imported alone; the
 * agent sees contracts, messaging, telemetry, time and its own settings; nothing imports `local/` but itself, tests and tools.
 * `tests/contract/project/arrows.test.ts` plants one violation of each rule.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const AREAS = [
  'cam-commands',
  'notifications',
  'dead-letters',
  'files',
  'routings',
  'items',
  'operator-actions',
  'history',
];
/** Importable alone and by anyone: message and API schemas, and the schemas of codes they are made of. */
const CONTRACTS = '^shared/[^/]+/(contracts|codes)[.]ts$';
const TECHNOLOGIES = 'http|data|messaging|storage|auth|telemetry|config|time';

/** An area may import the areas after it in the list, never one before. */
const areaRules = AREAS.flatMap((area, index) => {
  const above = AREAS.slice(0, index);
  return above.length === 0
    ? []
    : [
        {
          name: `area-${area}-looks-up`,
          severity: 'error',
          from: { path: `^shared/${area}/`, pathNot: '[.]test[.]ts$' },
          to: { path: `^shared/(${above.join('|')})/` },
        },
      ];
});

export default {
  forbidden: [
    ...areaRules,
    {
      name: 'deep-import-into-area',
      comment: 'Another area is reached by its index.ts or contracts.ts.',
      severity: 'error',
      from: { path: '^shared/([^/]+)/', pathNot: '[.]test[.]ts$' },
      to: {
        path: `^shared/(${AREAS.join('|')}|outbox|idempotency|sql-upkeep)/`,
        pathNot: ['^shared/$1/', '/index[.]ts$', CONTRACTS],
      },
    },
    {
      name: 'technology-imports-area',
      severity: 'error',
      from: { path: `^shared/(${TECHNOLOGIES})/`, pathNot: '[.]test[.]ts$' },
      to: { path: `^shared/(${AREAS.join('|')}|outbox|idempotency|sql-upkeep)/`, pathNot: CONTRACTS },
    },
    {
      name: 'shared-imports-upwards',
      severity: 'error',
      from: { path: '^shared/', pathNot: '[.]test[.]ts$' },
      to: { path: '^(functions|cmdhost|local|cli|tests|tools|load-tests)/' },
    },
    {
      name: 'functions-import-outside',
      severity: 'error',
      from: { path: '^functions/', pathNot: '[.]test[.]ts$' },
      to: { path: '^(cmdhost|local|cli|tests|tools|load-tests)/' },
    },
    {
      name: 'function-imports-function',
      comment: 'A function file is an adapter; what two share lies in shared/ or beside the folders.',
      severity: 'error',
      from: { path: '^functions/(http|timers)/', pathNot: '[.]test[.]ts$' },
      to: {
        path: '^functions/(http|messaging|timers|orchestrations)/',
        pathNot: [
          '^functions/messaging/instances[.]ts$',
          '^functions/timers/round[.]ts$',
          '^functions/http/routing-[a-z]+[.]ts$',
        ],
      },
    },
    {
      name: 'orchestrator-does-io',
      comment: 'An orchestrator is replayed: control flow and pure decisions only.',
      severity: 'error',
      from: { path: '^functions/orchestrations/run-[^/]+[.]ts$', pathNot: '[.]test[.]ts$' },
      to: {
        dependencyTypesNot: ['type-only'],
        pathNot: [
          '^shared/[^/]+/decide[a-z-]*[.]ts$',
          CONTRACTS,
          '^functions/orchestrations/',
          'node_modules/durable-functions/',
        ],
      },
    },
    {
      name: 'decision-does-io',
      comment: 'What an orchestrator decides by is replayed with it: other decisions and contracts only.',
      severity: 'error',
      from: { path: '^shared/[^/]+/decide[a-z-]*[.]ts$' },
      to: {
        dependencyTypesNot: ['type-only'],
        pathNot: ['^shared/[^/]+/decide[a-z-]*[.]ts$', CONTRACTS],
      },
    },
    {
      name: 'cmdhost-sees-too-much',
      severity: 'error',
      from: { path: '^cmdhost/', pathNot: '[.]test[.]ts$' },
      to: {
        path: '^(shared|functions|local|cli|tests|tools|load-tests)/',
        pathNot: [
          CONTRACTS,
          '^shared/(messaging|telemetry|time)/',
          '^shared/config/(cmdhost|settings|version)[.]ts$',
          '^shared/errors[.]ts$',
        ],
      },
    },
    {
      name: 'local-is-imported',
      severity: 'error',
      from: { pathNot: '^(local|tests|tools|load-tests)/|[.]test[.]ts$' },
      to: { path: '^local/' },
    },
    {
      name: 'contracts-import-code',
      comment: 'Contracts are importable alone: zod and other contracts.',
      severity: 'error',
      from: { path: CONTRACTS },
      to: { pathNot: ['node_modules/zod/', CONTRACTS, '^shared/http/fields[.]ts$'] },
    },
    {
      name: 'cycle',
      comment: 'Imports of types alone leave nothing at run time and may close a circle.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@azure/functions-core$' },
    },
    {
      name: 'development-package-in-product',
      severity: 'error',
      from: { path: '^(functions|shared|cmdhost)/', pathNot: '[.]test[.]ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|[.]local)/' },
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
