import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { missingForBuild } from './build-tools.mjs';
import { BUILDS_FOLDER, isComplete } from './built-programs.mjs';
import { configureApt, withSourcePackages } from './debian-archive.mjs';
import { BUILD_PACKAGES, ffmpegOptions, LAME_OPTIONS, programsFor, recipeHash, SOURCE_PACKAGES } from './recipe.mjs';

/**
 * Builds the lean ffmpeg from the source packages of this Debian, with their security updates. Installs nothing.
 * `npm run ffmpeg:build` keeps it in .cache; with `--output FOLDER`, it goes there. If it was built from the current
 * sources before, it is not built again.
 */

/** Messages in English, because some are read. */
const ENVIRONMENT = { ...process.env, LC_ALL: 'C.UTF-8' };

const recipe = recipeHash();
const { values } = parseArgs({ options: { output: { type: 'string' } } });
const reason = missingForBuild();
if (reason !== null) {
  console.error(`The lean ffmpeg cannot be built: ${reason}`);
  process.exit(1);
}
mkdirSync(BUILDS_FOLDER, { recursive: true });
removeAbandonedWork();
const work = mkdtempSync(join(BUILDS_FOLDER, `work-${process.pid}-`));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => process.exit(1));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
try {
  console.log(await build(values.output));
} catch (error) {
  console.error(`The lean ffmpeg could not be built: ${/** @type {Error} */ (error).message}`);
  process.exit(1);
}

/** Removes the folders of builds that were killed. */
function removeAbandonedWork() {
  for (const name of readdirSync(BUILDS_FOLDER)) {
    const pid = /^work-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(BUILDS_FOLDER, name), { recursive: true });
  }
}

/**
 * @param {string | undefined} output
 * @returns {Promise<string>} the folder of the programs
 */
async function build(output) {
  const env = { ...ENVIRONMENT, APT_CONFIG: configureApt(join(work, 'apt'), withSourcePackages) };
  const sources = join(work, 'sources');
  mkdirSync(sources);
  // It also fails for unneeded sources. The next step shows whether the needed packages exist.
  await run(['apt-get', 'update', '--quiet'], { env }).catch(() => undefined);
  const versions = sourceVersions(env);
  const folder = output === undefined ? join(BUILDS_FOLDER, `${recipe}-${versions.join('-')}`) : resolve(output);
  if (isComplete(folder)) return folder;
  await run(['apt-get', 'source', '--quiet', '--only-source', ...SOURCE_PACKAGES], { cwd: sources, env });
  await run(['apt-get', 'download', '--quiet', ...BUILD_PACKAGES], { cwd: sources, env });
  await unpackBuildPackages(sources);
  const [ffmpegSource, lameSource] = SOURCE_PACKAGES.map((name) => unpackedSource(sources, name));
  const results = join(work, 'results');
  mkdirSync(results);
  const lames = await buildLame(lameSource ?? '');
  await buildFfmpegs(ffmpegSource ?? '', { lames, results, versions });
  if (output !== undefined) cpSync(results, folder, { recursive: true });
  // Another run can have been first.
  else if (!existsSync(folder)) renameSync(results, folder);
  return folder;
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]} such as `ffmpeg_5.1.9-0+deb12u1`
 */
function sourceVersions(env) {
  const args = ['source', '--print-uris', '--only-source', ...SOURCE_PACKAGES];
  const { stdout, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
  return SOURCE_PACKAGES.map((name) => {
    const version = new RegExp(` (${name}_\\S+)\\.dsc `).exec(stdout)?.[1];
    if (version === undefined) throw new Error(`apt finds no source package ${name}\n${stderr}`);
    return version;
  });
}

/**
 * Collects the assembler, the headers and the static libraries of packages in one folder.
 * @param {string} sources
 */
async function unpackBuildPackages(sources) {
  const packages = readdirSync(sources).filter((name) => name.endsWith('.deb'));
  for (const name of packages) await run(['dpkg', '-x', join(sources, name), join(work, 'packages')]);
  cpSync(join(work, 'packages/usr/include'), join(work, 'include'), { recursive: true });
  mkdirSync(join(work, 'lib'));
  const libraries = readdirSync(join(work, 'packages/usr/lib'), { recursive: true, encoding: 'utf8' });
  for (const file of libraries.filter((name) => name.endsWith('.a'))) {
    copyFileSync(join(work, 'packages/usr/lib', file), join(work, 'lib', file.replace(/.*\//, '')));
  }
  const headers = readdirSync(join(work, 'include'), { recursive: true, encoding: 'utf8' });
  // Debian keeps some headers in a folder of the architecture.
  for (const file of headers.filter((name) => /\/\w+\.h$/.test(name))) {
    copyFileSync(join(work, 'include', file), join(work, 'include', file.replace(/.*\//, '')));
  }
}

/**
 * @param {string} sources
 * @param {string} name
 */
function unpackedSource(sources, name) {
  const folder = readdirSync(sources, { withFileTypes: true }).find(
    (entry) => entry.isDirectory() && entry.name.startsWith(`${name}-`),
  );
  if (folder === undefined) throw new Error(`the source of ${name} was not unpacked`);
  return join(sources, folder.name);
}

/**
 * @param {string} source
 * @returns {Promise<Map<string, string>>} the library for each program
 */
async function buildLame(source) {
  const libraries = new Map();
  await run(['./configure', ...LAME_OPTIONS], { cwd: source });
  cpSync(join(source, 'include'), join(work, 'include/lame'), { recursive: true });
  for (const [program, flags] of Object.entries(programsFor(process.arch))) {
    await run(['make', 'clean'], { cwd: source });
    await make([`CFLAGS=${flags.join(' ')}`], source);
    const library = join(work, `libmp3lame-${program}.a`);
    copyFileSync(join(source, 'libmp3lame/.libs/libmp3lame.a'), library);
    libraries.set(program, library);
  }
  return libraries;
}

/**
 * Compiles once, and links once for each LAME.
 * @param {string} source
 * @param {{ lames: Map<string, string>, results: string, versions: string[] }} options
 */
async function buildFfmpegs(source, { lames, results, versions }) {
  // Their absolute paths can contain spaces.
  const [include = '', lib = ''] = ['include', 'lib'].map((name) => relative(source, join(work, name)));
  const extraVersion = ['lean', recipe, ...versions].join('-');
  // The assembler.
  const env = { ...ENVIRONMENT, PATH: `${join(work, 'packages/usr/bin')}:${process.env.PATH ?? ''}` };
  let isConfigured = false;
  for (const [program, lame] of lames) {
    copyFileSync(lame, join(work, 'lib/libmp3lame.a'));
    if (!isConfigured)
      await run(['./configure', ...ffmpegOptions({ include, lib, extraVersion })], { cwd: source, env });
    isConfigured = true;
    for (const name of ['ffmpeg', 'ffmpeg_g']) rmSync(join(source, name), { force: true });
    await make(['ffmpeg'], source, env);
    copyFileSync(join(source, 'ffmpeg'), join(results, program));
    await run([join(results, program), '-hide_banner', '-version']);
  }
}

/**
 * @param {string[]} args
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} [env]
 */
function make(args, cwd, env) {
  return run(['make', `--jobs=${availableParallelism()}`, ...args], { cwd, env });
}

/**
 * @param {string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<void>}
 */
function run([program = '', ...args], { cwd, env = ENVIRONMENT } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done() : fail(new Error(`${program} ended with exit code ${code}`))));
  });
}
