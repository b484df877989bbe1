import { readFile } from 'node:fs/promises';
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
