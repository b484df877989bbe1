// The last step of an install: what would make the first start slow is done now. An install does
// not fail with it, since a start does all of it itself where it finds nothing.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, nodeFlags, ownNode } from './own-node.js';

const bourse = fileURLToPath(new URL('./bourse.js', import.meta.url));
const { status, stderr } = spawnSync(
  ownNode() ?? process.execPath,
  [...nodeFlags, bourse, 'prepare'],
  {
    // Settings of the server that is run here later are none of the install's business.
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...nodeEnvironment },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 120_000,
  },
);
if (status !== 0) {
  process.stderr.write(`The first start will take some seconds longer. ${stderr ?? ''}\n`);
}
