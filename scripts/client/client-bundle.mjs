import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER, sourcesHash } from '../../tools/project/project.mjs';

export const CLIENT_FOLDER = join(PROJECT_FOLDER, 'apps', 'cli');
/** What `npm run convert` runs, and what is packed. */
export const CLIENT_PROGRAM = join(CLIENT_FOLDER, 'dist', 'video-to-mp3.mjs');
const INPUTS = ['apps/cli/src', 'apps/cli/package.json', 'package-lock.json'];
const PACKAGE_FOLDER = /^.*[/\\]node_modules[/\\](@[^/\\]+[/\\])?[^/\\]+/;
const EXECUTABLE = 0o755;

/** Bundles the client where its sources are newer. Types are not looked at: that is the type check's task. */
export async function ensureClientBundle() {
  const mark = `// Built from ${sourcesHash(INPUTS)}`;
  if (existsSync(CLIENT_PROGRAM) && readFileSync(CLIENT_PROGRAM, 'utf8').trimEnd().endsWith(mark)) return;
  // Loaded here: it may only just have been installed.
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: join(CLIENT_FOLDER, 'src', 'main.ts'), platform: 'node' });
  // Two commands may build at the same time: each puts a whole file in its place.
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

/**
 * What the licences of bundled packages ask for: their texts go with the code.
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
