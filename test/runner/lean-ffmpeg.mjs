import { join } from 'node:path';
import { missingForBuild } from '../../tools/lean-ffmpeg/build-tools.mjs';
import { findBuiltPrograms } from '../../tools/lean-ffmpeg/built-programs.mjs';
import { PROJECT_FOLDER, runTask } from '../../tools/project/project.mjs';
import { step } from '../../tools/project/console-output.mjs';
import { findProgram } from '../../tools/services/find-program.mjs';

/** @typedef {import('../../tools/processes/process-ledger.mjs').ProcessLedger} ProcessLedger */

export const LEAN_FFMPEG = 'the lean ffmpeg';

const THIS_MACHINE = { findBuiltPrograms, missingForBuild, build };

/**
 * Provides the lean ffmpeg. Builds it if there is none of the current recipe.
 * @param {{ folder: string, ledger: ProcessLedger, say: (message: string) => void }} options
 * @param {typeof THIS_MACHINE} [machine]
 * @returns {Promise<import('./test-tools.mjs').Provision>}
 */
export async function provideLeanFfmpeg({ folder, ledger, say }, machine = THIS_MACHINE) {
  /** @param {string} reason */
  const skipped = (reason) => {
    if (!ledger.isClosed) say(`the tests with ${LEAN_FFMPEG} are skipped: ${reason}`);
    return { variables: {}, missing: [LEAN_FFMPEG] };
  };
  if (machine.findBuiltPrograms() === null) {
    const reason = machine.missingForBuild();
    if (reason !== null) return skipped(reason);
    try {
      await step(`${LEAN_FFMPEG}, built from source once`, () =>
        machine.build(ledger, join(folder, 'lean-ffmpeg.log')),
      );
    } catch (error) {
      return skipped(/** @type {Error} */ (error).message);
    }
  }
  return { variables: { TEST_LEAN_FFMPEG_PATH: machine.findBuiltPrograms() ?? '' }, missing: [] };
}

/**
 * Builds at the lowest priority, because other tests run meanwhile.
 * @param {ProcessLedger} ledger
 * @param {string} logFile
 */
function build(ledger, logFile) {
  const idle = findProgram('ionice') === null ? [] : ['ionice', '-c', '3'];
  const script = join(PROJECT_FOLDER, 'tools', 'lean-ffmpeg', 'build.mjs');
  const [command = '', ...args] = ['nice', '-n', '19', ...idle, process.execPath, script];
  return runTask(ledger, { name: LEAN_FFMPEG, command, args, logFile });
}
