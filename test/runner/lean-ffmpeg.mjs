import { join } from 'node:path';
import { missingForBuild } from '../../tools/lean-ffmpeg/build-tools.mjs';
import { findBuiltPrograms } from '../../tools/lean-ffmpeg/built-programs.mjs';
import { PROJECT_FOLDER, runTask } from '../../tools/project/project.mjs';
import { step } from '../../tools/project/console-output.mjs';
import { findProgram } from '../../tools/services/find-program.mjs';

const WHAT = 'the lean ffmpeg';

/**
 * Provides the lean ffmpeg. Builds it if there is none of the current recipe, at the lowest priority, because other tests
 * run meanwhile.
 * @param {{ folder: string, ledger: import('../../tools/processes/process-ledger.mjs').ProcessLedger, say: (message: string) => void }} options
 * @returns {Promise<import('./test-tools.mjs').Provision>}
 */
export async function provideLeanFfmpeg({ folder, ledger, say }) {
  const reason = findBuiltPrograms() === null ? missingForBuild() : null;
  if (reason !== null) return skipped(`the tests with ${WHAT} are skipped: ${reason}`, say);
  try {
    if (findBuiltPrograms() === null) {
      await step(`${WHAT}, built from source once`, () => build(ledger, join(folder, 'lean-ffmpeg.log')));
    }
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return skipped(ledger.isClosed ? null : `the tests with ${WHAT} are skipped: ${message}`, say);
  }
  return { variables: { TEST_LEAN_FFMPEG_PATH: findBuiltPrograms() ?? '' }, missing: [] };
}

/**
 * @param {import('../../tools/processes/process-ledger.mjs').ProcessLedger} ledger
 * @param {string} logFile
 */
function build(ledger, logFile) {
  const idle = findProgram('ionice') === null ? [] : ['ionice', '-c', '3'];
  const script = join(PROJECT_FOLDER, 'tools', 'lean-ffmpeg', 'build.mjs');
  const [command = '', ...args] = ['nice', '-n', '19', ...idle, process.execPath, script];
  return runTask(ledger, { name: WHAT, command, args, logFile });
}

/**
 * @param {string | null} message
 * @param {(message: string) => void} say
 */
function skipped(message, say) {
  if (message !== null) say(message);
  return { variables: {}, missing: [WHAT] };
}
