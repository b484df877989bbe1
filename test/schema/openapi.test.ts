import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { openApi } from '../../schema/rest/openapi.ts';
import { operations } from '../../schema/rest/operations.ts';
import { restRoutes } from '../../src/http/rest/routes.ts';
import { standIn } from '../harness/stand-in-rooms.ts';

it('openapi.json is what the shapes print: `npm run schema:print`', async () => {
  const file = new URL('../../schema/openapi.json', import.meta.url);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(openApi())));
});

it('every address of the document answers by its method, and none is left out of it', () => {
  const routeAt = restRoutes(standIn().rooms);
  const served = operations.map(({ path, method }) => {
    const route = routeAt(path.replaceAll(/[{}]/g, ''));
    return route?.methods.includes(method.toUpperCase());
  });
  expect(served).toEqual(operations.map(() => true));
  const paths = new Set(operations.map(({ path }) => path));
  for (const path of paths) {
    const documented = operations.filter((one) => one.path === path).map(({ method }) => method);
    const route = routeAt(path.replaceAll(/[{}]/g, ''));
    const methods = route?.methods.filter((method) => method !== 'HEAD') ?? [];
    expect(documented.map((method) => method.toUpperCase()).sort()).toEqual([...methods].sort());
  }
});
