import { spawnSync } from 'node:child_process';

/** All belong to Debian's package build-essential, except for apt and dpkg. */
const TOOLS = ['gcc', 'make', 'dpkg-source', 'patch', 'apt-get', 'dpkg'];

/** @returns {string | null} why the programs cannot be built here; null if they can */
export function missingForBuild() {
  if (process.platform !== 'linux') return 'they are built on Linux only';
  const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0);
  if (missing.length === 0) return null;
  const isDebian = !missing.includes('apt-get') && !missing.includes('dpkg');
  return isDebian
    ? `${missing.join(', ')} must be installed: sudo apt-get install build-essential`
    : 'they are built from the source packages of Debian or Ubuntu';
}
