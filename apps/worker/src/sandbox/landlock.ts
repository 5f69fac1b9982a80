/** The files of a command, beside its own program and libraries. */
export interface FileAccess {
  /** It may read these files, */
  readonly reads: readonly string[];
  /** and read, make and write files in this folder; null for none. */
  readonly folder: string | null;
}

export const NO_FILES: FileAccess = { reads: [], folder: null };

/**
 * What Landlock is told to keep, by how much of it a kernel knows: all that setpriv 2.41 names (Linux 6.2), without
 * truncation (5.19), without moves between folders, which such a kernel refuses by itself (5.13).
 */
export const LANDLOCK_LEVELS = ['6.2', '5.19', '5.13'] as const;
export type LandlockLevel = (typeof LANDLOCK_LEVELS)[number];

const FIRST_RIGHTS = [
  ['execute', 'write-file', 'read-file', 'read-dir', 'remove-dir', 'remove-file'],
  ['make-char', 'make-dir', 'make-reg', 'make-sock', 'make-fifo', 'make-block', 'make-sym'],
].flat();
const RIGHTS: Readonly<Record<LandlockLevel, readonly string[]>> = {
  '6.2': [...FIRST_RIGHTS, 'refer', 'truncate'],
  '5.19': [...FIRST_RIGHTS, 'refer'],
  '5.13': FIRST_RIGHTS,
};

const RUN = ['execute', 'read-file'];
const READ = ['read-file'];
const WORK = ['read-file', 'write-file', 'make-reg', 'truncate'];

/** Where programs find their libraries, the program loader included. */
export const LIBRARY_FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64'];
export const LIBRARY_INDEX = '/etc/ld.so.cache';

/** What may be read whatever the command is asked to do; every path exists. */
export interface ProgramFiles {
  /** The program itself and the folders of its libraries. */
  readonly runnable: readonly string[];
  readonly readable: readonly string[];
}

/** setpriv's options that take away all access to files but the one that is named. */
export function landlockOptions(level: LandlockLevel, program: ProgramFiles, { reads, folder }: FileAccess): string[] {
  const rule = (rights: readonly string[], path: string): string[] => {
    const known = rights.filter((right) => RIGHTS[level].includes(right));
    return ['--landlock-rule', `path-beneath:${known.join(',')}:${path}`];
  };
  return [
    ['--landlock-access', `fs:${RIGHTS[level].join(',')}`],
    ...program.runnable.map((path) => rule(RUN, path)),
    ...[...program.readable, ...reads].map((path) => rule(READ, path)),
    folder === null ? [] : rule(WORK, folder),
  ].flat();
}
