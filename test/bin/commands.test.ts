import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const entry = fileURLToPath(new URL('../../bin/bourse.js', import.meta.url));

it.each(['auditt', 'toString', ''])('the command "%s" is refused, and starts nothing', (name) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, name], {
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr:
      `Bourse has no command ${JSON.stringify(name)}. ` +
      'Accepted: serve, audit, catalog:refresh, keys:rotate, reconcile, prepare.\n',
  });
});
