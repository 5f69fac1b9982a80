import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildMinio, findGo } from './build-minio.mjs';
import { provideLeanFfmpeg } from './lean-ffmpeg.mjs';
import { BUILT_MINIO_FOLDER, findMinio } from '../../tools/services/minio.mjs';
import { findBuiltPrograms } from '../../tools/lean-ffmpeg/built-programs.mjs';
import { lastLines } from '../../tools/services/running-service.mjs';
import { startTestServices } from './test-services.mjs';
import { complain, say, step } from '../../tools/project/console-output.mjs';
import { buildApps, bundlePrograms, npmCommand, PROJECT_FOLDER } from '../../tools/project/project.mjs';
import { readFigures } from './bench-figures.mjs';
import { Tally } from './tally.mjs';
import { provideTestTools } from './test-tools.mjs';
import { withoutSettings } from './without-settings.mjs';

/**
 * @typedef {import('../../tools/processes/process-ledger.mjs').ProcessLedger} ProcessLedger
 * @typedef {import('./selection.mjs').Selection} Selection
 * @typedef {import('./selection.mjs').Suite} Suite
 */

/** Integration and end-to-end tests mostly wait: for brokers to recover, leases to expire, processes to start. */
const SUITE_ARGUMENTS = {
  unit: ['--project=unit'],
  int: ['--project=int', '--project=int-isolated', '--project=int-ffmpeg-7', '--maxWorkers=5'],
  e2e: ['--project=e2e', '--maxWorkers=4'],
  lean: ['--project=lean', '--maxWorkers=4'],
  bench: ['--project=bench', '--maxWorkers=1'],
};
const CHECKS = ['format:check', 'lint', 'typecheck'];
const WHOLE_OUTPUT_LINES = 200;
const IS_CI = process.env.CI === 'true';
/** Runs all parts of a test run, even if one of them fails. */
export class TestRun {
  tally = new Tally();
  /** @type {import('./bench-figures.mjs').Figure[]} */
  figures = [];
  /** @type {Record<string, string>} */
  #variables = {};
  /** @type {Set<string>} */
  #failed = new Set();

  /** @param {{ folder: string, ledger: ProcessLedger, selection: Selection }} options */
  constructor({ folder, ledger, selection }) {
    this.folder = folder;
    this.ledger = ledger;
    this.selection = selection;
  }

  async run() {
    const { suites, withChecks, filters } = this.selection;
    if (suites.length === 0) throw new Error(`no test file matches ${filters.join(' ')}`);
    const needsApps = ['e2e', 'lean', 'bench'].some((suite) => suites.includes(/** @type {Suite} */ (suite)));
    const needsServices = needsApps || suites.includes('int');
    const built = findBuiltPrograms();
    if (built !== null) this.#variables.TEST_LEAN_FFMPEG_PATH = built;
    const leanFfmpeg = suites.includes('lean') ? this.#provideLeanFfmpeg() : null;
    await Promise.all([
      needsServices ? this.#part('services', () => this.#startServices()) : null,
      this.#buildAndCheck(withChecks || needsApps, withChecks),
    ]);
    for (const suite of suites) {
      if (suite === 'lean' && !(await leanFfmpeg)) continue;
      if (suite !== 'unit' && this.#failed.has('services'))
        say(`  … ${suite} tests are not run: they need the services`);
      else await this.#runSuite(suite);
    }
  }

  /**
   * @param {boolean} withBuild
   * @param {boolean} withChecks
   */
  async #buildAndCheck(withBuild, withChecks) {
    if (withBuild) await this.#part('build', () => this.#buildApps());
    for (const check of withChecks ? CHECKS : []) await this.#part(check, () => this.#runCheck(check));
  }

  /** Benchmarks measure the built apps; the end-to-end tests use bundles, which start faster. */
  async #buildApps() {
    await buildApps(this.ledger, this.folder);
    if (!this.selection.suites.includes('e2e')) return;
    const target = join(this.folder, 'programs');
    await bundlePrograms(this.ledger, { logFolder: this.folder, target });
    this.#variables.TEST_APPS_FOLDER = target;
  }

  /**
   * @param {string} name
   * @param {() => Promise<void>} work
   */
  async #part(name, work) {
    try {
      await step(name, work);
      if (name !== 'services') this.tally.addCheck(name, true);
    } catch (error) {
      if (this.ledger.isClosed) return;
      complain(`  ✗ ${name}: ${/** @type {Error} */ (error).message}`);
      this.tally.addCheck(name, false);
      this.#failed.add(name);
    }
  }

  async #startServices() {
    const { folder, ledger } = this;
    await this.#provideMinio();
    const { variables } = await startTestServices({ folder, ledger, say: sayDetail });
    const tools = await provideTestTools({
      folder,
      ledger,
      say: sayDetail,
      withPrograms: this.selection.suites.includes('e2e'),
    });
    Object.assign(this.#variables, variables, tools.variables);
    this.tally.addMissing(tools.missing, IS_CI);
  }

  /** @returns {Promise<boolean>} false if its tests are skipped */
  async #provideLeanFfmpeg() {
    const { folder, ledger } = this;
    const provision = await provideLeanFfmpeg({ folder, ledger, say: sayDetail });
    Object.assign(this.#variables, provision.variables);
    this.tally.addMissing(provision.missing, IS_CI);
    return provision.missing.length === 0;
  }

  async #provideMinio() {
    if (findMinio([BUILT_MINIO_FOLDER]) !== null) return;
    if (findGo() === null) {
      say('  … the tests with MinIO are skipped: neither minio nor Go, which could build it, is installed');
      return;
    }
    try {
      await step('minio, built from source once', () => buildMinio());
    } catch (error) {
      if (this.ledger.isClosed) return;
      if (IS_CI) this.tally.addCheck('building MinIO', false);
      complain(
        `  ✗ the tests with MinIO are skipped, because it could not be built: ${/** @type {Error} */ (error).message}`,
      );
    }
  }

  /** @param {string} check */
  async #runCheck(check) {
    const logFile = join(this.folder, `${check.replace(':', '-')}.log`);
    const [command = '', ...args] = [...npmCommand(), 'run', '--silent', check];
    const task = this.ledger.launch({ name: check, kind: 'task', command, args, cwd: PROJECT_FOLDER, logFile });
    const { code } = await task.exited;
    if (code !== 0) throw new Error(`exit code ${code}\n${lastLines(logFile, WHOLE_OUTPUT_LINES)}`);
  }

  /** @param {Suite} suite */
  async #runSuite(suite) {
    const reportFile = join(this.folder, `${suite}.json`);
    const figuresFile = join(this.folder, 'figures');
    const vitest = join(PROJECT_FOLDER, 'node_modules', 'vitest', 'vitest.mjs');
    const task = this.ledger.launch({
      name: `vitest ${suite}`,
      kind: 'task',
      command: process.execPath,
      args: [vitest, ...vitestArguments(suite, this.selection, reportFile)],
      cwd: PROJECT_FOLDER,
      ...(this.selection.isJson && { logFile: join(this.folder, `${suite}.log`) }),
      env: {
        ...withoutSettings(process.env),
        ...this.#variables,
        ...(this.selection.isLarge && { BENCH_LARGE: '1' }),
        ...(this.selection.rivalUrl !== null && { BENCH_RIVAL_URL: this.selection.rivalUrl }),
        BENCH_FIGURES: figuresFile,
      },
    });
    const { code } = await task.exited;
    this.tally.addReport(suite, readReport(reportFile), code);
    this.figures = readFigures(figuresFile);
  }
}

/**
 * @param {Suite} suite
 * @param {Pick<Selection, 'filters' | 'isUpdate'>} selection
 * @param {string} reportFile
 * @returns {string[]}
 */
export function vitestArguments(suite, { filters, isUpdate }, reportFile) {
  const reporting = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  // Last, because it would read a following path as its value, and all tests would run.
  return ['run', ...SUITE_ARGUMENTS[suite], ...reporting, ...filters, ...(isUpdate ? ['--update'] : [])];
}

/** @param {string} message */
function sayDetail(message) {
  say(`  … ${message}`);
}

/**
 * @param {string} file
 * @returns {import('./tally.mjs').VitestReport | null}
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
