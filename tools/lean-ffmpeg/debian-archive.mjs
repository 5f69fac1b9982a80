import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE_LISTS = '/etc/apt/sources.list';
const SOURCE_LISTS_FOLDER = '/etc/apt/sources.list.d';

/**
 * Configures an apt that shares only the access to the mirrors and the trusted keys with the system, and that assumes that
 * nothing is installed. It needs no special permissions.
 * @param {string} folder
 * @param {(list: string) => string} change changes a list of the system's package sources
 * @returns {string} the configuration file, for the variable APT_CONFIG
 */
export function configureApt(folder, change) {
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'sources', 'nothing']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeSourceLists(join(folder, 'sources'), change);
  writeFileSync(join(folder, 'status'), '');
  // A third-party source can have another ffmpeg.
  writeFileSync(join(folder, 'preferences'), 'Package: *\nPin: release o=Debian\nPin-Priority: 990\n');
  const { stdout } = spawnSync('apt-config', ['dump'], { encoding: 'utf8' });
  // Proxies, timeouts and similar settings.
  const access = stdout.split('\n').filter((line) => /^Acquire::(?!IndexTargets|Languages)/.test(line));
  const architecture = spawnSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).stdout.trim();
  const lines = [
    ...access,
    'Acquire::Languages "none";',
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    'APT::Install-Recommends "false";',
    'APT::Sandbox::User "root";',
    `Dir::State "${folder}/state";`,
    `Dir::State::status "${folder}/status";`,
    `Dir::Cache "${folder}/cache";`,
    `Dir::Etc::parts "${folder}/nothing";`,
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::sourcelist "/dev/null";',
    `Dir::Etc::sourceparts "${folder}/sources";`,
    `Dir::Etc::preferences "${folder}/preferences";`,
    `Dir::Etc::preferencesparts "${folder}/nothing";`,
  ];
  const file = join(folder, 'apt.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/**
 * A source without such a release or without source packages fails to update, which matters to no package of Debian.
 * @param {string} folder
 * @param {(list: string) => string} change
 */
function writeSourceLists(folder, change) {
  const names = existsSync(SOURCE_LISTS_FOLDER) ? readdirSync(SOURCE_LISTS_FOLDER) : [];
  const files = [SOURCE_LISTS, ...names.map((name) => join(SOURCE_LISTS_FOLDER, name))];
  for (const path of files.filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))) {
    writeFileSync(join(folder, path.replaceAll('/', '-').slice(1)), change(readFileSync(path, 'utf8')));
  }
}

/**
 * Adds the source packages to both formats of sources.list(5).
 * @param {string} list
 */
export function withSourcePackages(list) {
  return list
    .split('\n')
    .filter((line) => !/^\s*deb-src\s/.test(line))
    .flatMap((line) => (/^\s*deb\s/.test(line) ? [line, line.replace('deb', 'deb-src')] : [line]))
    .map((line) => (/^Types:(?:.*\s)?deb(?:\s|$)/i.test(line) ? 'Types: deb deb-src' : line))
    .join('\n');
}
