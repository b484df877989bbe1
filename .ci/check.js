// Every check and every test: what `npm test` runs. Fast steps come first, all of them run, each
// gets one line, and the last line counts: `N passed, N failed`. Arguments are passed on to vitest:
// `npm test -- test/credits`.
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oldestNode, ownNode, runsHere } from '../bin/own-node.js';
import { countTests } from './count-tests.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const report = join(root, 'node_modules/.cache/tests.json');
const node = runsHere ? process.execPath : ownNode();

const steps = [
  { name: 'types', command: 'tsc --project .' },
  { name: 'lint', command: 'biome check .' },
  {
    name: 'import directions',
    command: 'depcruise --config .ci/import-directions.js src schema',
  },
];

if (!node) {
  process.stdout.write(`Node ${oldestNode} is missing: run "npm ci" first.\n0 passed, 1 failed\n`);
  process.exit(1);
}

let failed = 0;
for (const { name, command } of steps) {
  const { code, output, seconds } = await run(command.split(' '), { quiet: true });
  if (code !== 0) failed++;
  say(`${code === 0 ? '✓' : '✗'} ${name} ${seconds}${code === 0 ? '' : `\n${output}`}`);
}

const tests = await test();
say(`${tests.failed === 0 ? '✓' : '✗'} tests ${tests.seconds}`);
failed += tests.failed;
say(`${tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * All test projects; the report is vitest's own, what people read goes to the terminal as it comes.
 */
async function test() {
  await rm(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code, seconds } = await run(['vitest', 'run', ...reporters, ...process.argv.slice(2)]);
  const json = await readFile(report, 'utf8').catch(() => null);
  return { ...countTests(json, code), seconds };
}

/** Runs an installed tool on the Node that this project brings along. */
function run([tool, ...words], { quiet = false } = {}) {
  const started = performance.now();
  const path = [dirname(node), join(root, 'node_modules/.bin'), process.env.PATH].join(':');
  const child = spawn(join(root, 'node_modules/.bin', tool), words, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
  });
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString(), seconds });
    });
  });
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
