/**
 * The content of package-lock.json and of npm's record of an installation (node_modules/.package-lock.json).
 * @typedef {{ version?: string, optional?: boolean }} Entry
 * @typedef {{ packages?: Record<string, Entry> }} Lock
 */

/**
 * Returns true if an installation matches a lock file. After an upgrade of the project it does not. Packages for other
 * systems are optional and not installed.
 * @param {Lock} wanted
 * @param {Lock} installed
 */
export function isInstallationOf({ packages: wanted = {} }, { packages: installed = {} }) {
  const isThere = (/** @type {[string, Entry]} */ [path, { optional }]) =>
    path === '' || optional === true || path in installed;
  const isWanted = (/** @type {[string, Entry]} */ [path, { version }]) => wanted[path]?.version === version;
  return Object.entries(wanted).every(isThere) && Object.entries(installed).every(isWanted);
}

/**
 * @param {string} text of npm's record, which a full disk may have cut off
 * @returns {Lock}
 */
export function readRecord(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
