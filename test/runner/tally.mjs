/**
 * @typedef {{ status: string, fullName: string }} TestResult
 * @typedef {{ name: string, status: string, assertionResults: TestResult[] }} FileResult
 * @typedef {{ testResults: FileResult[] }} VitestReport the part of vitest's JSON report that is read here
 */

/** Counts passed and failed tests over all parts of a test run. */
export class Tally {
  passed = 0;
  /** @type {string[]} */
  failures = [];
  /** @type {string[]} */
  skips = [];

  /**
   * @param {string} name
   * @param {boolean} isPassed
   */
  addCheck(name, isPassed) {
    if (isPassed) this.passed += 1;
    else this.failures.push(name);
  }

  /**
   * Counts missing programs as failures in CI, where nobody reads which tests were skipped.
   * @param {string[]} programs
   * @param {boolean} isCi
   */
  addMissing(programs, isCi) {
    if (isCi) for (const name of programs) this.addCheck(`finding ${name}`, false);
  }

  /**
   * @param {string} suite
   * @param {VitestReport | null} report null where vitest left none
   * @param {number | null} exitCode
   */
  addReport(suite, report, exitCode) {
    const failuresBefore = this.failures.length;
    for (const file of report?.testResults ?? []) this.#addFile(file);
    const isExplained = exitCode === 0 || this.failures.length > failuresBefore;
    // For example an error outside of a test, or an interrupted run.
    if (report === null || !isExplained) this.failures.push(`${suite}: vitest ended with exit code ${exitCode}`);
  }

  /** @param {FileResult} file */
  #addFile({ name, status, assertionResults }) {
    for (const { status: outcome, fullName } of assertionResults) {
      if (outcome === 'passed') this.passed += 1;
      else if (outcome === 'failed') this.failures.push(`${name}: ${fullName}`);
      else this.skips.push(`${name}: ${fullName}`);
    }
    // A file that could not be loaded, or whose hooks failed, can contain no failed test.
    const hasFailedTest = assertionResults.some((test) => test.status === 'failed');
    if (status === 'failed' && !hasFailedTest) this.failures.push(name);
  }

  get isPassed() {
    return this.failures.length === 0 && this.passed > 0;
  }

  toString() {
    return `${this.passed} passed, ${this.failures.length} failed`;
  }
}
