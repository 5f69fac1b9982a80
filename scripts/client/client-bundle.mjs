import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER, sourcesHash } from '../../tools/project/project.mjs';

export const CLIENT_FOLDER = join(PROJECT_FOLDER, 'apps', 'cli');
/** The program that `npm run convert` runs and that is packed. */
export const CLIENT_PROGRAM = join(CLIENT_FOLDER, 'dist', 'video-to-mp3.mjs');
const INPUTS = ['apps/cli/src', 'apps/cli/package.json', 'libs/client/src', 'tsconfig.json', 'package-lock.json'];
const PACKAGE_FOLDER = /^.*[/\\]node_modules[/\\](@[^/\\]+[/\\])?[^/\\]+/;
const EXECUTABLE = 0o755;

/** Bundles the client if its sources have changed. Types are checked by `npm run typecheck`. */
export async function ensureClientBundle() {
  const mark = `// Built from ${sourcesHash(INPUTS)}`;
  if (existsSync(CLIENT_PROGRAM) && readFileSync(CLIENT_PROGRAM, 'utf8').trimEnd().endsWith(mark)) return;
  // Imported here, because it can have been installed just now.
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(CLIENT_FOLDER, 'src', 'main.ts'),
    platform: 'node',
    tsconfig: join(PROJECT_FOLDER, 'tsconfig.json'),
  });
  // Two commands can build at the same time, so each renames a complete file.
  const draft = `${CLIENT_PROGRAM}.${process.pid}`;
  try {
    const { output } = await bundle.write({
      file: draft,
      format: 'esm',
      codeSplitting: false,
      postFooter: ({ moduleIds }) => `${licenses(moduleIds)}\n${mark}`,
    });
    if (output.length !== 1) throw new Error('The client must be one file');
    chmodSync(draft, EXECUTABLE);
    renameSync(draft, CLIENT_PROGRAM);
  } finally {
    rmSync(draft, { force: true });
    await bundle.close();
  }
}

/** Compiles libs/client with its types, for programs that import the package. */
export function compileClientLibrary() {
  const tsc = join(PROJECT_FOLDER, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', join(PROJECT_FOLDER, 'libs', 'client', 'tsconfig.json')];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error('The client library does not compile');
}

/**
 * Returns the licence texts of bundled packages, which must accompany their code.
 * @param {string[]} moduleIds
 */
function licenses(moduleIds) {
  const folders = new Set(moduleIds.flatMap((id) => PACKAGE_FOLDER.exec(id)?.[0] ?? []));
  const texts = [...folders].toSorted().map((folder) => {
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`${folder} has no licence text`);
    const text = readFileSync(join(folder, file), 'utf8').replaceAll('*/', '* /').trim();
    return `/* Holds code of ${folder.split(/node_modules[/\\]/).at(-1)}:\n\n${text}\n*/`;
  });
  return texts.join('\n');
}
