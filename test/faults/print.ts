import { scenarios } from './scenarios.ts';
import { surfaces } from './surfaces.ts';
import { openFaultLab } from './trial.ts';

/**
 * `npm run faults`: every scenario through every door, as a table; what a caller did not get stands
 * below it. Exit 1 when there is anything. What passes here and not by the letter of the catalogue
 * is said, too.
 */
const lab = await openFaultLab();
const broken: string[] = [];
const nameWidth = Math.max(...scenarios.map(({ name }) => name.length));
const cell = (text: string, at: number) => text.padEnd((surfaces[at]?.name.length ?? 0) + 2);

process.stdout.write(
  `${''.padEnd(nameWidth)}  ${surfaces.map(({ name }, at) => cell(name, at)).join('')}\n`,
);
for (const scenario of scenarios) {
  process.stdout.write(`${scenario.name.padEnd(nameWidth)}  `);
  for (const [at, surface] of surfaces.entries()) {
    const failure = await lab.run(scenario, surface).then(
      () => null,
      (thrown: Error) => thrown.message,
    );
    if (failure) broken.push(`${scenario.name}, ${surface.name}: ${failure}`);
    process.stdout.write(cell(failure ? 'FAIL' : 'pass', at));
  }
  process.stdout.write('\n');
}
for (const violation of await lab.audit()) broken.push(`the ledger: ${violation}`);
await lab.close();
const trials = scenarios.length * surfaces.length;
process.stdout.write(`\n${trials - broken.length} of ${trials} passed\n`);
process.stdout.write("\nBy failoverbench's own scoring these would not all be `pass`:\n");
for (const { name, differs } of scenarios) {
  if (differs) process.stdout.write(`${name.padEnd(nameWidth)}  ${differs}\n`);
}
for (const text of broken) process.stdout.write(`\n${text}\n`);
process.exit(broken.length === 0 ? 0 : 1);
