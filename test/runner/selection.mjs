import { parseArgs } from 'node:util';

/**
 * @typedef {'unit' | 'int' | 'e2e' | 'bench'} Suite
 * @typedef {object} Selection
 * @property {Suite[]} suites which have a file to run
 * @property {string[]} filters parts of paths, as vitest takes them
 * @property {boolean} withChecks format, lint and types are part of the whole run only
 * @property {boolean} isLarge benchmarks also measure the sizes that take minutes and gigabytes
 * @property {boolean} isUpdate documents that a test writes are written anew, not compared
 */

/** @type {Suite[]} */
export const SUITES = ['unit', 'int', 'e2e', 'bench'];

/** Benchmarks measure, and take their time: they run only where they are asked for. */
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
    },
    allowPositionals: true,
  });
  const filters = [...positionals, ...values.only.map((name) => `bench/${name}.`)];
  const wanted = SUITES.filter((suite) => (values.suite === undefined ? suite !== ON_REQUEST : suite === values.suite));
  if (wanted.length === 0) throw new Error(`--suite must be one of ${SUITES.join(', ')}`);
  const chosen = testFiles.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  const suites = wanted.filter((suite) => chosen.some((file) => suiteOf(file) === suite));
  const withChecks = values.suite === undefined && filters.length === 0;
  return { suites, filters, withChecks, isUpdate: values.update, isLarge: values.large };
}

/**
 * @param {string} file
 * @returns {Suite}
 */
export function suiteOf(file) {
  if (file.endsWith('.bench-spec.ts')) return 'bench';
  if (file.endsWith('.int-spec.ts')) return 'int';
  return file.endsWith('.e2e-spec.ts') ? 'e2e' : 'unit';
}
