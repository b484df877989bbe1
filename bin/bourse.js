#!/usr/bin/env node
// The way in, for any Node: this file is plain JavaScript, everything behind it is TypeScript that
// only a new Node reads. `npm start` already finds the right one; a start by hand with an older
// Node is passed on to it, so what an older one lacks is imported where a new one is known to run.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, nodeFlags, oldestNode, ownNode, runsHere } from './own-node.js';

const lifeline = 'BOURSE_LIFELINE';

if (runsHere) {
  holdOn();
  // Stripped of its types and compiled once: a later start takes a third of the time. Threads read
  // it in the environment.
  const { enableCompileCache } = await import('node:module');
  const compiled = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
  enableCompileCache(compiled);
  process.env.NODE_COMPILE_CACHE ??= compiled;
  await import('../src/main.ts');
} else {
  passOn(ownNode());
}

/** Runs the same command under `node` and ends as it ends. */
function passOn(node) {
  if (!node) {
    process.stderr.write(
      `Bourse runs on Node ${oldestNode} or newer; this is ${process.version}.\n` +
        'Run "npm ci" in this folder: it brings the right one along. Then start again.\n',
    );
    process.exit(1);
  }
  const words = process.argv.slice(2);
  const child = spawn(node, [...nodeFlags, fileURLToPath(import.meta.url), ...words], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...nodeEnvironment, [lifeline]: '1' },
  });
  // A terminal sends its SIGINT to both processes; passed on, it would arrive twice.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 1)));
}

/**
 * Whoever kills the outer process means this one: without it, the port and the data folder would
 * stay taken.
 */
function holdOn() {
  if (process.env[lifeline] === undefined || !process.channel) return;
  delete process.env[lifeline];
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
