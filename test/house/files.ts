import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const made = ['**/node_modules', 'src/storage/generated', 'data', '.git'];

/** Paths of the repository's own files, from its root, with forward slashes. */
export function filesOf(...patterns: readonly string[]): string[] {
  const found = globSync(patterns, { cwd: root, exclude: made, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/'))
    .sort();
}

export const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
