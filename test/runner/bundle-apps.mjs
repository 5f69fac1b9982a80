import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { PROJECT_FOLDER } from '../../tools/project/project.mjs';

/** Not bundled, because one loads a binary and the other serves files from their folders in `node_modules`. */
const EXTERNAL = ['bcrypt', 'swagger-ui-dist'];
/** The expressions for the path of a module, which in a bundle would be that of the bundle. */
const OWN_PLACE = /\bimport\.meta\.(dirname|filename|url)\b|\b__(dirname|filename)\b/g;
/** The apps whose processes the tests start. */
const APPS = ['api', 'worker', 'notifier', 'setup'];

/**
 * Writes each built app as one file. The end-to-end tests start more than a hundred processes, and most of a start is
 * spent on finding and reading two thousand module files: 1.6 s of CPU, but 0.6 s with one file.
 * @param {string} folder where `<app>.mjs` is written; inside the project, so that packages are found from there
 */
export async function bundleApps(folder) {
  await Promise.all(APPS.map((app) => bundleApp(folder, app)));
}

/**
 * @param {string} folder
 * @param {string} app
 */
async function bundleApp(folder, app) {
  const bundle = await rolldown({
    input: join(PROJECT_FOLDER, 'dist/apps', app, 'apps', app, 'src/main.js'),
    platform: 'node',
    external: EXTERNAL,
    plugins: [{ name: 'own-place', transform: keepOwnPlace }],
    // Modules with side effects that are not imported by name, such as reflect-metadata.
    treeshake: false,
    // Optional packages that are not installed (drivers, transports) stay imports that are expected to fail.
    logLevel: 'silent',
  });
  try {
    await bundle.write({
      file: join(folder, `${app}.mjs`),
      format: 'esm',
      codeSplitting: false,
      // Nest uses the names of classes for providers.
      keepNames: true,
    });
  } finally {
    await bundle.close();
  }
}

/**
 * @param {string} code
 * @param {string} id
 */
function keepOwnPlace(code, id) {
  /** @type {Record<string, string>} */
  const places = { dirname: dirname(id), filename: id, url: pathToFileURL(id).href };
  return code.replace(OWN_PLACE, (_, ofModule, ofScript) => JSON.stringify(places[ofModule ?? ofScript]));
}
