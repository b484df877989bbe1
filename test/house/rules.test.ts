import { describe, expect, it } from 'vitest';
import { filesOf, textOf } from './files.ts';
import { rules } from './rules.ts';
import { sourceOf } from './source.ts';

const code = filesOf('{src,schema,test,prisma,bin,.ci,console}/**/*.{ts,tsx,js}', '*.{ts,js}');

describe('every file keeps the rule', () => {
  const sources = code.map((path) => sourceOf(path, textOf(path)));

  it.each(Object.entries(rules))('%s', (name, rule) => {
    const owed = owedFiles(name);
    const broken = sources.flatMap((source) =>
      owed.includes(source.path)
        ? []
        : rule(source).map(({ line, message }) => `${source.path}:${line} ${message}`),
    );
    expect(broken).toEqual([]);
  });

  it.each(Object.entries(rules))('%s: what is listed as owed is still owed', (name, rule) => {
    const paid = owedFiles(name).filter((path) => {
      const source = sources.find((one) => one.path === path);
      return !source || rule(source).length === 0;
    });
    expect(paid).toEqual([]);
  });

  it('and the files are found', () => {
    expect(code).toEqual(expect.arrayContaining(['src/kernel/money.ts', 'bin/bourse.js']));
    expect(code.filter((path) => /generated|node_modules/.test(path))).toEqual([]);
  });
});

/** Files that do not keep a rule yet: `owed.txt`, a line each, which may only get shorter. */
function owedFiles(rule: string): string[] {
  const entries = textOf('test/house/owed.txt').split('\n');
  return entries
    .map((entry) => entry.split(' '))
    .flatMap(([name, path]) => (name === rule && path ? [path] : []));
}

const lines = (count: number, text = '  f();') => `${text}\n`.repeat(count);
const unfinished = 'TO' + 'DO';
const silence = '@' + 'ts-';
const lintSilence = 'biome' + '-ignore';
const ownPath = ['', 'home', 'ada', 'bourse'].join('/');

/** What breaks a rule, and beside it the nearest thing that does not. */
const proofs: Record<keyof typeof rules, readonly Proof[]> = {
  shortFunctions: [
    { breaks: `function a() {\n${lines(69)}}`, keeps: `function a() {\n${lines(68)}}` },
    {
      breaks: `const a = () => {\n${lines(69)}};`,
      keeps: `const a = () => ({\n${lines(69, 'b,')}});`,
    },
    {
      breaks: `class A { b() {\n${lines(69)}} }`,
      keeps: `describe('', () => {\n it('');${lines(90)}});`,
    },
  ],
  shortFiles: [{ breaks: lines(401), keeps: lines(400) }],
  fewParameters: [
    { breaks: 'function a(b, c, d, e) {}', keeps: 'function a(b, c, d) {}' },
    {
      breaks: 'const a = { run: (b, c, d, e) => b };',
      keeps: 'a({ resolve: (b, c, d, e) => b });',
    },
    {
      breaks: 'class A { constructor(b, c, d, e) {} }',
      keeps: 'class A { resolve(b, c, d, e) {} }',
    },
    { breaks: 'f((b, c, d, e) => b);', keeps: 'f((b, c, d, e) => b);', path: 'test/a/b.test.ts' },
  ],
  narrowLines: [
    { breaks: `// ${'a'.repeat(98)}`, keeps: `// ${'a'.repeat(97)}` },
    { breaks: `f(1, ${'a'.repeat(96)});`, keeps: `f(1, '${'a'.repeat(96)}');` },
    { breaks: `const a = 'b'; // ${'c'.repeat(90)}`, keeps: `// ${'€'.repeat(97)}` },
  ],
  borrowedTime: [
    { breaks: 'Date.now();', keeps: 'clock.now();' },
    { breaks: 'new Date();', keeps: 'new Date(clock.now());' },
    { breaks: 'performance.now();', keeps: 'clock.monotonic();' },
    { breaks: 'Math.random();', keeps: 'Math.round(1.5);' },
    { breaks: 'setTimeout(run, 5);', keeps: 'clock.after(5, run);' },
    { breaks: 'globalThis.setInterval(run, 5);', keeps: 'clock.every(5, run);' },
    { breaks: 'Date.now();', keeps: 'Date.now();', path: 'src/kernel/clock.ts' },
  ],
  noSleeps: [
    {
      breaks: 'await new Promise((wake) => setTimeout(wake, 100));',
      keeps: 'await clock.advance(100);',
      in: 'test/a/b.test.ts',
    },
  ],
  faultsOnly: [{ breaks: "throw new Error('no');", keeps: "throw new Fault('INTERNAL', texts);" }],
  oneReaderOfTheEnvironment: [
    { breaks: "process.env['PORT'];", keeps: 'config.port;' },
    { breaks: 'f(process.env);', keeps: 'f(process.env);', path: 'src/config.ts' },
  ],
  explainedCasts: [
    { breaks: '\na as any;', keeps: '\na as any; // because the library says unknown' },
    { breaks: '\na as unknown as B;', keeps: '// because of a reason\na as unknown as B;' },
    { breaks: '\n(a as unknown) as B;', keeps: '\na as B;' },
  ],
  allTestsRun: [
    { breaks: "it.skip('', f);", keeps: "it.each([1])('', f);", in: 'test/a/b.test.ts' },
    { breaks: "describe.only('', f);", keeps: "describe('', f);", in: 'test/a/b.test.ts' },
  ],
  nothingUnfinished: [{ breaks: `// ${unfinished}: more`, keeps: '// Done.' }],
  explainedSilence: [
    { breaks: `// ${silence}ignore`, keeps: `// ${silence}expect-error: the library has no types` },
    { breaks: `// ${silence}expect-error`, keeps: '' },
    { breaks: `// ${lintSilence} lint/a/b`, keeps: `// ${lintSilence} lint/a/b: the reason` },
  ],
  noOwnPaths: [
    { breaks: `const a = '${ownPath}';`, keeps: `const a = 'https://a.example${ownPath}';` },
  ],
  namedForItsIdea: [
    { breaks: '', keeps: '', in: 'src/kernel/utils.ts', path: 'src/kernel/money.ts' },
    { breaks: '', keeps: '', in: 'src/kernel/money-helper.ts', path: 'src/kernel/money.test.ts' },
    { breaks: '', keeps: '', in: 'src/kernel/moneyAmount.ts', path: 'src/kernel/money-amount.ts' },
    { breaks: '', keeps: '', in: 'src/kernel/Money.ts', path: 'vitest.config.ts' },
  ],
  doorWithAHead: [
    {
      breaks: "export * from './a.ts';",
      keeps: "/**\n * bus: owns.\n *\n * 1. Holds.\n */\nexport * from './a.ts';",
      in: 'src/bus/index.ts',
    },
    {
      breaks: '/**\n * bus: owns.\n */',
      keeps: '/**\n * bus: owns.\n *\n * 1. Holds.\n */',
      in: 'src/bus/index.ts',
    },
  ],
};

interface Proof {
  readonly breaks: string;
  readonly keeps: string;
  /** Where it is broken; a file of the machine unless told. */
  readonly in?: string;
  /** Where it is kept, when that makes the difference. */
  readonly path?: string;
}

describe('each rule can fail', () => {
  it.each(Object.entries(rules))('%s', (name, rule) => {
    for (const proof of proofs[name] ?? []) {
      const place = proof.in ?? 'src/bus/line.ts';
      expect(rule(sourceOf(place, proof.breaks)), proof.breaks).not.toEqual([]);
      expect(rule(sourceOf(proof.path ?? place, proof.keeps)), proof.keeps).toEqual([]);
    }
    expect(proofs[name]?.length).toBeGreaterThan(0);
  });
});
