import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** The folders of builds and runs, which are not in git. */
const GENERATED = ['.git', '.data', '.cache', 'node_modules', 'dist', 'coverage'];

/** Returns every file of the project, relative to its folder. */
export function projectFiles(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !GENERATED.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? projectFiles(path) : [path];
    });
}

/** Returns every name in capitals in the given files. */
export function namesInCapitals(files: readonly string[]): Set<string> {
  return new Set(files.flatMap((file) => readFileSync(join(ROOT, file), 'utf8').match(/\b[A-Z][A-Z\d_]*\b/g) ?? []));
}
