import { expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, because it must load on any Node
import { countTests } from '../../.ci/count-tests.js';

const report = (files: { status: string; tests: string[] }[], passed: number, failed: number) =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((each) => ({ status: each })),
    })),
  });

it('passed and failed tests are counted as vitest reports them', () => {
  const json = report([{ status: 'failed', tests: ['passed', 'failed'] }], 1, 1);
  expect(countTests(json, 1)).toEqual({ passed: 1, failed: 1 });
});

it('a file that could not be loaded counts as a failure', () => {
  const files = [
    { status: 'failed', tests: [] },
    { status: 'passed', tests: ['passed'] },
  ];
  expect(countTests(report(files, 1, 0), 1)).toEqual({ passed: 1, failed: 1 });
});

it('a run that broke without a failed test counts as a failure', () => {
  expect(countTests(report([{ status: 'passed', tests: ['passed'] }], 1, 0), 1)).toEqual({
    passed: 1,
    failed: 1,
  });
  expect(countTests(null, 0)).toEqual({ passed: 0, failed: 1 });
});

it('a clean run has no failure', () => {
  expect(countTests(report([{ status: 'passed', tests: ['passed'] }], 1, 0), 0)).toEqual({
    passed: 1,
    failed: 0,
  });
});
