import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenarios } from './scenarios.ts';
import { surfaces } from './surfaces.ts';
import { type FaultLab, openFaultLab } from './trial.ts';

let lab: FaultLab;

beforeAll(async () => {
  lab = await openFaultLab();
}, 180_000);
afterAll(async () => {
  expect(await lab?.audit()).toEqual([]);
  await lab?.close();
});

describe.each(scenarios)('$name: $must', (scenario) => {
  it.each(surfaces)('through $name', (surface) => lab.run(scenario, surface), 30_000);
});
