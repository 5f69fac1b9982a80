import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { rolldown } from 'rolldown';
import ts from 'typescript';
import { PROGRAMS, PROJECT_FOLDER } from './project.mjs';

/**
 * `node bundle-programs.mjs FOLDER`: writes each program of the apps from the TypeScript sources, without checking types.
 * A start of bundled code takes a third of the time, because most of it is spent on finding and reading two thousand
 * module files.
 */

/** Not bundled, because one loads a binary and the other serves files from their folders in `node_modules`. */
const EXTERNAL = ['bcrypt', 'swagger-ui-dist'];
/** The expressions for the path of a module, which in a bundle would be that of the bundle. */
const OWN_PLACE = /\bimport\.meta\.(dirname|filename|url)\b|\b__(dirname|filename)\b/g;
/** Files that the programs read next to their modules: nest-cli.json lists them too. */
const ASSETS = ['apps/api/src/web/static', 'apps/api/src/auth/hashing-thread.js'];
/** The page loads these modules from the api. */
const CLIENT = 'libs/client/src';

/** Below the programs, in folders like those of the project. */
const FILES = 'files';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('A folder is needed');
rmSync(folder, { recursive: true, force: true });
await bundlePrograms(folder);
for (const asset of ASSETS) {
  cpSync(join(PROJECT_FOLDER, asset), join(folder, FILES, asset), { recursive: true });
}
transpileClient(join(folder, FILES, CLIENT));

/** @param {string} target inside the project, so that packages are found from there */
async function bundlePrograms(target) {
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(PROGRAMS).map(([name, file]) => [name, join(PROJECT_FOLDER, file)])),
    platform: 'node',
    external: EXTERNAL,
    tsconfig: join(PROJECT_FOLDER, 'tsconfig.json'),
    // The paths in the bundles then hold wherever the project is moved.
    resolve: { symlinks: false },
    plugins: [{ name: 'own-place', transform: (code, id) => keepOwnPlace(code, id, target) }],
    // Modules with side effects that are not imported by name, such as reflect-metadata.
    treeshake: false,
    // Optional packages that are not installed (drivers, transports) stay imports that are expected to fail.
    logLevel: 'silent',
  });
  try {
    await bundle.write({
      dir: target,
      format: 'esm',
      entryFileNames: '[name].mjs',
      // Beside the programs, so that the paths from there hold in both.
      chunkFileNames: '[name]-[hash].mjs',
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
 * @param {string} target
 */
function keepOwnPlace(code, id, target) {
  const ownPath = relative(PROJECT_FOLDER, id);
  const path = ownPath.startsWith('node_modules') ? relative(target, id) : join(FILES, ownPath);
  /** @type {Record<string, string>} */
  const places = {
    dirname: `(import.meta.dirname + ${JSON.stringify(`/${dirname(path)}`)})`,
    filename: `(import.meta.dirname + ${JSON.stringify(`/${path}`)})`,
    url: `new URL(${JSON.stringify(path)}, import.meta.url).href`,
  };
  return code.replace(OWN_PLACE, (_, ofModule, ofScript) => places[ofModule ?? ofScript] ?? '');
}

/** @param {string} target */
function transpileClient(target) {
  const source = join(PROJECT_FOLDER, CLIENT);
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(source).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(source, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    writeFileSync(join(target, name.replace(/ts$/, 'js')), outputText);
  }
}
