import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** What git does not keep: made by builds and runs. */
const GENERATED = ['.git', '.data', '.cache', 'node_modules', 'dist', 'coverage'];

/** Every file of the project, relative to its folder. */
export function projectFiles(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !GENERATED.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? projectFiles(path) : [path];
    });
}

/** Every name in capitals that the given files hold. */
export function namesInCapitals(files: readonly string[]): Set<string> {
  return new Set(files.flatMap((file) => readFileSync(join(ROOT, file), 'utf8').match(/\b[A-Z][A-Z\d_]*\b/g) ?? []));
}
