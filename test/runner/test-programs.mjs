import { findProgram } from '../../tools/services/find-program.mjs';
import { tryPrograms } from '../../tools/services/system-packages.mjs';

/**
 * Programs that some tests use and that the service does not need. If one is missing and cannot be installed, its tests
 * are skipped.
 * @type {Record<string, import('../../tools/services/system-packages.mjs').SystemProgram & { tests: string }>}
 */
const PROGRAMS = {
  TEST_CHROMIUM_PATH: { packageName: 'chromium', find: () => findProgram('chromium'), tests: 'in a browser' },
  TEST_COMPOSE_PATH: {
    packageName: 'docker-compose',
    find: () => findProgram('docker-compose'),
    tests: 'of docker-compose.yml by Compose itself',
  },
  TEST_PGBOUNCER_PATH: {
    packageName: 'pgbouncer',
    find: () => findProgram('pgbouncer'),
    tests: 'behind a connection pooler',
  },
};

/**
 * @param {import('../../tools/services/system-packages.mjs').InstallOptions} options
 * @returns {Promise<import('./test-tools.mjs').Provision>}
 */
export async function provideTestPrograms(options) {
  const paths = await tryPrograms(Object.values(PROGRAMS), options);
  /** @type {Record<string, string>} */
  const variables = {};
  const missing = [];
  for (const [index, [variable, { packageName, tests }]] of Object.entries(PROGRAMS).entries()) {
    const path = paths[index] ?? null;
    if (path === null) {
      missing.push(packageName);
      options.say(`the tests ${tests} are skipped: ${packageName} is missing and cannot be installed`);
    } else {
      variables[variable] = path;
    }
  }
  return { variables, missing };
}
