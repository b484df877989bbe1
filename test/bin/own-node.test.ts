import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, because it must load on any Node
import { nodeEnvironment, nodeFlags } from '../../bin/own-node.js';
import manifest from '../../package.json' with { type: 'json' };

it('a start by hand, and the bench, run Node as `npm start` does', async () => {
  expect(manifest.scripts.start).toBe('exec sh bin/start.sh');
  const script = await readFile(new URL('../../bin/start.sh', import.meta.url), 'utf8');
  const lines = [
    ...Object.entries(nodeEnvironment).map(([name, value]) => `export ${name}=${value}`),
    `exec node ${nodeFlags.join(' ')} bin/bourse.js "$@"`,
  ];
  const whole = script.replaceAll('\\\n  ', '');
  expect(whole.split('\n').filter((line) => line && !line.startsWith('#'))).toEqual(lines);
});

/** Node 20.19 has these; a name that it lacks would end it before it could pass the start on. */
const known = ['spawn', 'spawnSync', 'existsSync', 'fileURLToPath'];

it('the way in loads on the oldest Node that may be installed', async () => {
  const folder = new URL('../../bin/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
  const names = texts.flatMap((text) =>
    [...text.matchAll(/^import \{ (.*) \} from 'node:/gm)].flatMap(([, list]) => list?.split(', ')),
  );
  expect([...new Set(names)].sort()).toEqual([...known].sort());
});
