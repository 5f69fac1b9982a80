import { parseArgs } from 'node:util';

/**
 * @typedef {'unit' | 'int' | 'e2e' | 'lean' | 'bench'} Suite
 * @typedef {object} Selection
 * @property {Suite[]} suites that have a file to run
 * @property {string[]} filters parts of paths, for vitest
 * @property {boolean} withChecks format, lint and types are only checked in a whole run
 * @property {boolean} isLarge benchmarks also measure the sizes that take minutes and gigabytes
 * @property {boolean} isJson the figures of benchmarks are printed as JSON, and nothing else is
 * @property {string | null} rivalUrl a running service with the same routes, which benchmarks measure beside this one
 * @property {boolean} isUpdate generated documents are updated, not compared
 */

/**
 * In the order in which they run. The programs of the lean ones are built meanwhile.
 * @type {Suite[]}
 */
export const SUITES = ['unit', 'int', 'e2e', 'lean', 'bench'];

/** Benchmarks take long, so they run only on request. */
const ON_REQUEST = 'bench';

/**
 * @param {string[]} args
 * @param {string[]} testFiles all test files of the project
 * @returns {Selection}
 */
export function selectTests(args, testFiles) {
  const { values, positionals } = parseArgs({
    args,
    options: {
      suite: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      large: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      url: { type: 'string' },
    },
    allowPositionals: true,
  });
  const filters = [...positionals, ...values.only.map((name) => `bench/${name}.`)];
  const wanted = SUITES.filter((suite) => (values.suite === undefined ? suite !== ON_REQUEST : suite === values.suite));
  if (wanted.length === 0) throw new Error(`--suite must be one of ${SUITES.join(', ')}`);
  const chosen = testFiles.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  const suites = wanted.filter((suite) => chosen.some((file) => suiteOf(file) === suite));
  const withChecks = values.suite === undefined && filters.length === 0;
  return {
    suites,
    filters,
    withChecks,
    isUpdate: values.update,
    isLarge: values.large,
    isJson: values.json,
    rivalUrl: values.url ?? null,
  };
}

/**
 * @param {string} file
 * @returns {Suite}
 */
export function suiteOf(file) {
  if (file.endsWith('.bench-spec.ts')) return 'bench';
  if (file.endsWith('.lean-spec.ts')) return 'lean';
  if (file.endsWith('.int-spec.ts')) return 'int';
  return file.endsWith('.e2e-spec.ts') ? 'e2e' : 'unit';
}
