/**
 * Passed and failed tests of a vitest JSON report. A file that could not be loaded fails without a
 * failed test, and a run can break without any (an unhandled rejection, a crash): each counts as
 * one, so that nothing looks green.
 */
export function countTests(json, exitCode) {
  const report = json === null ? null : JSON.parse(json);
  const files = report?.testResults ?? [];
  const broken = files.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = (report?.numFailedTests ?? 0) + broken.length;
  return {
    passed: report?.numPassedTests ?? 0,
    failed: failed === 0 && (exitCode !== 0 || report === null) ? 1 : failed,
  };
}
