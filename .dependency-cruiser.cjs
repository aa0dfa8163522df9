// The rooms of ARCHITECTURE.md and who owns which SDK. A room may import only what its line names.
const rooms = {
  contracts: [],
  messaging: ['contracts'],
  persistence: ['contracts'],
  workflows: ['contracts', 'market'],
  market: ['contracts'],
  actors: ['contracts', 'workflows', 'market'],
  'sandbox-pool': ['contracts', 'seccomp'],
  seccomp: [],
  gateway: ['contracts'],
  cli: ['contracts', 'app'],
};

const owners = {
  nact: '^actors/kernel/',
  '@nats-io/[^/]+': '^messaging/',
  level: '^persistence/',
  dockerode: '^sandbox-pool/docker/',
  openai: '^actors/agent/model-client\\.ts$',
  fastify: '^gateway/',
};

const composition = '^(app|scripts|test|bench|examples)/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved',
      comment: 'What a benchmark compares with is installed by the benchmark alone.',
      severity: 'error',
      from: { pathNot: '^bench/[^/]+/peers/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-orphans',
      comment: 'A module that nobody imports and that imports nothing is forgotten.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '\\.(cjs|mjs|json)$',
          '\\.d\\.m?ts$',
          '\\.config\\.js$',
          '^test/',
          '^examples/',
          '^gateway/viewer/',
        ],
      },
      to: {},
    },
    ...Object.entries(rooms).map(([room, mayImport]) => ({
      name: `room-${room}`,
      comment: `${room}/ imports ${mayImport.length > 0 ? mayImport.join(', ') : 'no other room'}`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: {
        path: '^[a-z][a-z-]*/',
        pathNot: [`^(${[room, ...mayImport].join('|')})/`, '^node_modules/'],
        dependencyTypesNot: ['core'],
      },
    })),
    {
      name: 'workflows-no-market-data',
      comment: 'Deciding is pure: the reader of files stays out of it.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^market/data/' },
    },
    {
      name: 'workflows-no-io',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'contracts-only-zod',
      severity: 'error',
      from: { path: '^contracts/' },
      to: { dependencyTypes: ['npm'], pathNot: '^node_modules/zod/' },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'composition-stays-on-top',
      comment:
        'Only composition, tests and scripts see app/; scripts see everything and nothing sees scripts.',
      severity: 'error',
      from: { pathNot: `${composition}|^cli/` },
      to: { path: '^(app|scripts|cli)/' },
    },
    ...Object.entries(owners).map(([sdk, owner]) => ({
      name: `owner-of-${sdk.replace(/[^a-z]+/g, '-')}`,
      comment: `only ${owner} imports ${sdk}`,
      severity: 'error',
      from: { path: '^[a-z]', pathNot: [owner, '^(test|bench|examples)/', '^node_modules/'] },
      to: { path: `^node_modules/(@types/)?${sdk}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.tradewright|coverage|dist|docs)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
