import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../tools/services/find-program.mjs';
import { tryPrograms } from '../../tools/services/system-packages.mjs';
import { PROJECT_FOLDER, runTask } from '../../tools/project/project.mjs';

/** @typedef {import('../../tools/services/system-packages.mjs').InstallOptions} InstallOptions */

const REQUIREMENTS = join(import.meta.dirname, 'schemathesis-requirements.txt');
const FOLDER = join(PROJECT_FOLDER, '.cache', 'schemathesis');
const PROGRAM = join(FOLDER, 'bin', 'schemathesis');
/** Records the installed version. Written last, so that an interrupted installation does not count. */
const MARK = join(FOLDER, 'installed-from');
const PYTHON_NAMES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];
/** Prints a sufficient version; fails otherwise, or if the module for environments is missing. */
const PYTHON_CHECK = 'import ensurepip, sys, venv; assert sys.version_info >= (3, 11); print(sys.version)';

/**
 * Provides schemathesis, which checks an API against its OpenAPI document, in its own environment. Installs it if it is
 * missing or has another version.
 * @param {InstallOptions} options
 * @returns {Promise<import('./test-tools.mjs').Provision>}
 */
export async function provideSchemathesis(options) {
  const [python = null] = await tryPrograms([{ packageName: 'python3-venv', find: findPython }], options);
  if (python === null) {
    options.say('the test with schemathesis is skipped: there is no Python 3.11 or newer with its module venv');
    return { variables: {}, missing: [] };
  }
  try {
    const state = stateWith(python);
    // Two runs that install it at the same time can remove each other's files.
    if (readMark() !== state || !existsSync(PROGRAM)) await install(python, state, options);
  } catch (error) {
    if (!options.ledger.isClosed)
      options.say(`the test with schemathesis is skipped: ${/** @type {Error} */ (error).message}`);
    return { variables: {}, missing: ['schemathesis'] };
  }
  return { variables: { TEST_SCHEMATHESIS_PATH: PROGRAM }, missing: [] };
}

/** @returns {string | null} the path of a Python that can make environments */
export function findPython() {
  return PYTHON_NAMES.map((name) => findProgram(name)).find((path) => path !== null && versionOf(path) !== '') ?? null;
}

/**
 * @param {string} python
 * @param {string} state
 * @param {InstallOptions} options
 */
async function install(python, state, { ledger, logFile, say }) {
  say('installing schemathesis into .cache, once');
  rmSync(FOLDER, { recursive: true, force: true });
  await runTask(ledger, { name: 'python -m venv', command: python, args: ['-m', 'venv', FOLDER], logFile });
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--quiet'];
  // No package runs code during its installation.
  const args = [...pip, '--only-binary=:all:', '--require-hashes', '--requirement', REQUIREMENTS];
  await runTask(ledger, { name: 'pip install', command: join(FOLDER, 'bin', 'python3'), args, logFile });
  writeFileSync(MARK, state);
}

/** @param {string} python */
function stateWith(python) {
  // An environment contains the path of its Python and cannot be moved.
  return createHash('sha256').update(readFileSync(REQUIREMENTS)).update(versionOf(python)).update(FOLDER).digest('hex');
}

/** @param {string} python */
function versionOf(python) {
  const { status, stdout } = spawnSync(python, ['-c', PYTHON_CHECK], { encoding: 'utf8' });
  return status === 0 ? stdout : '';
}

function readMark() {
  try {
    return readFileSync(MARK, 'utf8');
  } catch {
    return null;
  }
}
