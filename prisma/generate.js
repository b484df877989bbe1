// Runs `prisma generate` without a network. Prisma's command line wants to download its schema
// engine even for this, although it then does not use it: any executable file in its place will do.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(import.meta.resolve('prisma/build/index.js'));
const { status, stderr } = spawnSync(
  process.execPath,
  [cli, 'generate', '--config', 'prisma/prisma.config.ts'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  },
);
if (status !== 0) {
  process.stderr.write(stderr);
  process.exit(status ?? 1);
}
