// Prints the closing line of `npm test` from vitest's JSON report, and exits 1 when anything failed or was skipped in CI.
import { readFileSync } from 'node:fs'

const [, , reportPath, failedSteps] = process.argv
let report
try {
  report = JSON.parse(readFileSync(reportPath, 'utf8'))
} catch {
  report = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
}
const brokenFiles = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
).length
const passed = report.numPassedTests
const skipped = report.numPendingTests + report.numTodoTests
const failed =
  report.numFailedTests + brokenFiles + (report.numFailedTests + brokenFiles === 0 ? Number(failedSteps) : 0)
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`)
const untested = skipped > 0 && process.env.CI === 'true'
if (untested) process.stderr.write('tests were skipped: in CI every test has to run\n')
process.exit(failed > 0 || Number(failedSteps) > 0 || passed === 0 || untested ? 1 : 0)
