// test-summary.mjs FAILED_STEPS [EXIT_CODE REPORT]...
//
// Prints the closing line of `npm test` from what failed without tests and from runs of vitest with their JSON reports, and
// exits 1 when anything failed or was skipped in CI.
import { readFileSync } from 'node:fs'

const readReport = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
  }
}

const countRun = (exitCode, path) => {
  const report = readReport(path)
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
  ).length
  const failed = report.numFailedTests + brokenFiles
  return {
    passed: report.numPassedTests,
    // A run that came to no report, or failed outside of its tests, is one failure.
    failed: failed === 0 && (exitCode !== '0' || report.numPassedTests === 0) ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

const [, , failedSteps, ...outcomes] = process.argv
const runs = []
for (let at = 0; at < outcomes.length; at += 2) runs.push(countRun(outcomes[at], outcomes[at + 1]))
const sum = (key) => runs.reduce((total, run) => total + run[key], 0)
const passed = sum('passed')
const failed = sum('failed') + Number(failedSteps)
const skipped = sum('skipped')
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
const untested = skipped > 0 && process.env.CI === 'true'
if (untested) process.stderr.write('tests were skipped: in CI every test has to run\n')
process.exit(failed > 0 || untested ? 1 : 0)
