import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { PROJECT_FOLDER } from '../../tools/project/project.mjs';

/** Not bundled, found in `node_modules`: the one loads a binary, the other serves files, both beside their own code. */
const EXTERNAL = ['bcrypt', 'swagger-ui-dist'];
/** What a module asks for its own place: in a bundle it would be the bundle's. */
const OWN_PLACE = /\bimport\.meta\.(dirname|filename|url)\b|\b__(dirname|filename)\b/g;
/** The apps whose processes the tests start. */
const APPS = ['api', 'worker', 'notifier', 'setup'];

/**
 * Writes each built app as one file. The end-to-end tests start more than a hundred processes, and most of what a start
 * costs is finding and reading two thousand module files: 1.6 s of CPU, 0.6 s from one file.
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
    // Modules with side effects that nothing imports by name, such as reflect-metadata.
    treeshake: false,
    // Optional packages that are not installed (drivers, transports) stay imports; their users expect that they fail.
    logLevel: 'silent',
  });
  try {
    await bundle.write({
      file: join(folder, `${app}.mjs`),
      format: 'esm',
      codeSplitting: false,
      // Nest names providers by their classes.
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
