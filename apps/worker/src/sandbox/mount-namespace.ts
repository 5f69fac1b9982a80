import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { FileAccess, ProgramFiles } from './file-access.js';
import { PrivateFolder } from './private-folder.js';

/** Debian chooses among libraries by links in here. */
const LIBRARY_LINKS = '/etc/alternatives';
const READ_ONLY = 'bind,ro,nosuid,nodev';
const WRITABLE = 'bind,nosuid,nodev,noexec';
/** Options of the in-memory folder on which the folder of a run is mounted. It disappears with the run. */
const EMPTY_FOLDER = 'size=64k,mode=755,nosuid,nodev,noexec';
const MAKE_FOLDER = 'X-mount.mkdir';
/** One program mounts everything: starting several would take as long as all the rest. It reads regular files only. */
const MOUNT_ALL = 'mount --all --fstab "$1" && shift && exec "$@"';
const LIST_NAME = '.mounts';

/** A separate root for a command that contains only the files that the command needs. */
export class MountNamespace {
  /** Folders and empty files to mount on. Their names are those of the real ones; they hold nothing. */
  private readonly root = new PrivateFolder();
  private lists = 0;

  /** @param program the files that every command needs */
  constructor(private readonly program: ProgramFiles) {}

  /** The commands before all that need the machine's own programs, and before those that are to see the new root. */
  launchers(files: FileAccess): { mount: readonly string[]; enter: readonly string[] } {
    const root = this.root.path;
    // Runs can share a folder. The list is removed together with it.
    const list = join(files.folder ?? root, `${LIST_NAME}-${++this.lists}`);
    writeFileSync(list, this.mounts(root, files));
    return { mount: ['sh', '-c', MOUNT_ALL, 'sh', list], enter: ['chroot', root] };
  }

  remove(): void {
    this.root.remove();
  }

  private mounts(root: string, { reads, folder }: FileAccess): string {
    const links = [LIBRARY_LINKS].filter((path) => existsSync(path));
    const readable = [...this.program.runnable, ...this.program.readable, ...links];
    const outside = reads.filter((path) => folder === null || isOutside(folder, path));
    return [
      mountLine(root, root, 'none', READ_ONLY),
      ...[...readable, ...outside].map((path) => mountLine(path, mountPoint(root, path), 'none', READ_ONLY)),
      ...(folder === null ? [] : folderMounts(root, folder, outside)),
      '',
    ].join('\n');
  }
}

/** The parent of all runs' folders stays; the folder of each would pile up. */
function folderMounts(root: string, folder: string, outside: readonly string[]): string[] {
  const parent = dirname(folder);
  const target = join(root, folder);
  if (outside.some((path) => !isOutside(parent, path))) {
    mkdirSync(target, { recursive: true });
    return [mountLine(folder, target, 'none', WRITABLE)];
  }
  mkdirSync(join(root, parent), { recursive: true });
  return [
    mountLine('tmpfs', join(root, parent), 'tmpfs', EMPTY_FOLDER),
    mountLine(folder, target, 'none', `${WRITABLE},${MAKE_FOLDER}`),
  ];
}

function mountPoint(root: string, path: string): string {
  const target = join(root, path);
  if (existsSync(target)) return target;
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  mkdirSync(isFolder ? target : dirname(target), { recursive: true });
  if (!isFolder) writeFileSync(target, '');
  return target;
}

function isOutside(folder: string, path: string): boolean {
  return relative(folder, path).startsWith('..');
}

/** A line as in fstab(5). */
function mountLine(source: string, target: string, type: string, options: string): string {
  return [escaped(source), escaped(target), type, options, '0', '0'].join(' ');
}

function escaped(path: string): string {
  return path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
