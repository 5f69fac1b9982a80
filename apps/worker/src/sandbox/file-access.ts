import { existsSync, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The files of a command, in addition to its program and libraries. */
export interface FileAccess {
  /** Files that it can read. */
  readonly reads: readonly string[];
  /** The folder in which it can read, make and write files; null for none. */
  readonly folder: string | null;
}

export const NO_FILES: FileAccess = { reads: [], folder: null };

/** The folders in which programs find their libraries, including the program loader. */
const LIBRARY_FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64'];
const LIBRARY_INDEX = '/etc/ld.so.cache';

/** The files that every run can read. All of them exist. */
export interface ProgramFiles {
  /** The program itself and the folders of its libraries. */
  readonly runnable: readonly string[];
  readonly readable: readonly string[];
}

/** @param searchPath folders of programs, as in the variable PATH */
export function programFiles(program: string, searchPath: string): ProgramFiles {
  const exists = (path: string): boolean => existsSync(path);
  return {
    runnable: [programPath(program, searchPath), ...LIBRARY_FOLDERS.filter(exists)],
    readable: [LIBRARY_INDEX].filter(exists),
  };
}

/** The file that a program's name leads to; the name itself where there is none. */
export function programPath(program: string, searchPath: string): string {
  const places = isAbsolute(program) ? [program] : searchPath.split(delimiter).map((folder) => join(folder, program));
  const place = places.find((path) => existsSync(path));
  return place === undefined ? program : realpathSync(place);
}
