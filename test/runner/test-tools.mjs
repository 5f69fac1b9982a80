import { join } from 'node:path';
import { provideDebian13 } from './debian-13.mjs';
import { provideSchemathesis } from './schemathesis.mjs';
import { provideTestPrograms } from './test-programs.mjs';

/**
 * Programs that some tests use and that the service does not need.
 * @typedef {object} Provision
 * @property {Record<string, string>} variables TEST_* variables of the available programs
 * @property {string[]} missing missing programs, whose tests are skipped; the reason was reported
 */

/**
 * @param {object} options
 * @param {string} options.folder for logs and work
 * @param {import('../../tools/processes/process-ledger.mjs').ProcessLedger} options.ledger
 * @param {(message: string) => void} options.say
 * @param {boolean} [options.withPrograms] includes programs that only the end-to-end tests use
 * @returns {Promise<Provision>}
 */
export async function provideTestTools({ folder, ledger, say, withPrograms = true }) {
  const options = { ledger, logFile: join(folder, 'test-tools.log'), say };
  const provisions = [await provideDebian13({ folder, ledger, say })];
  // One after the other, because they can install packages of the system.
  if (withPrograms) provisions.push(await provideTestPrograms(options), await provideSchemathesis(options));
  return {
    variables: Object.assign({}, ...provisions.map(({ variables }) => variables)),
    missing: provisions.flatMap(({ missing }) => missing),
  };
}
