import type { FileAccess, ProgramFiles } from './file-access.js';

/**
 * Linux versions whose Landlock knows: all rights that setpriv 2.41 names (6.2); all but truncation (5.19); all but
 * truncation and moves between folders, which such a kernel denies by itself (5.13).
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

/** Returns setpriv's options that deny all access to files except those named. */
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
