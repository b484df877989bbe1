/**
 * The floors, from the ground up. A room imports the doors of lower floors and of nothing else;
 * neighbours on one floor do not know each other and meet higher up, or in `src/app.ts` and
 * its folder. All rules below derive from this list.
 */
export const floors = [
  ['src/kernel'],
  ['src/storage', 'src/bus', 'src/upstream'],
  ['src/audit'],
  ['src/vault'],
  ['src/identity', 'src/catalog', 'src/credits', 'src/limits', 'src/metrics'],
  ['src/provider-keys', 'src/routing'],
  ['src/completions'],
  ['src/telemetry'],
  ['schema'],
  ['src/http'],
];

const rooms = floors.flat();
const generated = '^src/storage/generated/';

/** What a room may not reach: its neighbours, all floors above, and the files that join rooms. */
const directions = floors.flatMap((floor, height) =>
  floor.map((room) => {
    const closed = floors
      .slice(height)
      .flat()
      .filter((other) => other !== room);
    return {
      name: `floor-of-${room}`,
      comment: `${room} imports lower floors only; what it needs of others comes in its options.`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: {
        path: [...closed.map((other) => `^${other}/`), '^src/(?:(?:app|config)/)?[^/]+\\.ts$'],
      },
    };
  }),
);

/**
 * A room is entered by its door alone, and the door is called by its name in package.json
 * "imports".
 */
const doors = rooms.flatMap((room) => [
  {
    name: `door-of-${room}`,
    comment: `What the index.ts of ${room} does not export is its own.`,
    severity: 'error',
    from: { path: '^(?:src|schema)/', pathNot: `^${room}/` },
    to: { path: `^${room}/(?!index\\.ts$)` },
  },
  {
    name: `name-of-${room}`,
    comment: `Import ${room} by its name (#kernel, #storage, …), not by a path.`,
    severity: 'error',
    from: { path: '^(?:src|schema)/', pathNot: `^${room}/` },
    to: { path: `^${room}/index\\.ts$`, dependencyTypesNot: ['aliased-subpath-import'] },
  },
]);

/**
 * What many a node never needs, and what imports it. A module is never let go: its text, its code
 * and what it makes stay in memory, and those of Redis, Stripe and better-auth together are 40 MiB.
 */
const seldom = [
  'node_modules/(?:redis|@redis|stripe|better-auth|nodemailer|pino-pretty|gpt-tokenizer)/',
  'node_modules/@opentelemetry/exporter-(?:trace|metrics)-otlp',
  'node_modules/@ai-sdk/(?!provider/)',
  '^src/bus/link\\.ts$',
  '^src/identity/people/better-auth\\.ts$',
];

const rules = [
  {
    name: 'loaded-when-used',
    comment: 'Import it where it is first used: await import(…).',
    severity: 'error',
    from: { path: '^(?:src|schema)/', pathNot: seldom },
    to: { path: seldom, dynamic: false, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-cycle',
    comment: 'Files that need each other are one idea, or the idea that both need is a third file.',
    severity: 'error',
    from: { pathNot: generated },
    to: { circular: true },
  },
  {
    name: 'resolvable',
    comment: 'The import leads nowhere.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'graphql-stays-outside',
    comment: 'The machine does not know that GraphQL exists: that is for schema/ and src/http.',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/http/', generated] },
    to: { path: 'node_modules/(?:graphql|graphql-[^/]+|@graphql-[^/]+|@pothos)/' },
  },
  {
    name: 'installed-in-production',
    comment: 'What runs in production is in "dependencies".',
    severity: 'error',
    from: { path: '^(?:src|schema)/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '/@types/' },
  },
];

export default {
  forbidden: [...directions, ...doors, ...rules],
  options: {
    doNotFollow: { path: ['node_modules', generated] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'require', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
