import { openSync, readdirSync, readFileSync } from 'node:fs';

/** The flag in `/proc`, in octal, of a descriptor that is closed when another program starts. */
const CLOSE_ON_EXEC = 0o2000000;
const FIRST_AFTER_STDIO = 3;

/**
 * Returns entries of `stdio`, from descriptor 3 on, that keep from a child what this process was itself started with,
 * by a terminal or a script. Node does so for the first descriptors only, and opens its own ones for itself alone.
 */
export function withoutInheritedDescriptors(): readonly (number | 'ignore')[] {
  const inherited = readdirSync('/proc/self/fd').map(Number).filter(isInherited);
  if (inherited.length === 0) return [];
  const nothing = openSync('/dev/null', 'r+');
  return Array.from({ length: Math.max(...inherited) - FIRST_AFTER_STDIO + 1 }, (_, index) =>
    inherited.includes(index + FIRST_AFTER_STDIO) ? nothing : 'ignore',
  );
}

function isInherited(descriptor: number): boolean {
  if (descriptor < FIRST_AFTER_STDIO) return false;
  try {
    const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch (error) {
    // The descriptor that listed the folder is closed again.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
