/**
 * Where a Debian system has its packages from, rewritten for another release: the same mirrors, keys and options.
 * Entries of anybody else's packages are left out.
 * @typedef {{ from: string, to: string }} Releases code names
 */

const ARCHIVE = 'main';
/** `deb [options] URI suite component…`, as in sources.list(5). */
const LINE = /^deb\s+(?:(?<options>\[[^\]]*\])\s+)?(?<uri>\S+)\s+(?<suite>\S+)\s+(?<components>.+)$/;

/**
 * @param {string} text of a `*.list` file
 * @param {Releases} releases
 * @returns {string}
 */
export function listFor(text, releases) {
  return text
    .split('\n')
    .flatMap((line) => {
      const { options = '', uri = '', suite = '', components = '' } = LINE.exec(line.trim())?.groups ?? {};
      const [renamed] = suitesFor(suite, releases);
      const isArchive = renamed !== undefined && components.split(/\s+/).includes(ARCHIVE);
      const entry = ['deb', options, uri, renamed, ARCHIVE].filter((part) => part !== '').join(' ');
      return isArchive ? [`${entry}\n`] : [];
    })
    .join('');
}

/**
 * @param {string} text of a `*.sources` file: fields in stanzas, where an indented line goes on with the field above it
 * @param {Releases} releases
 * @returns {string}
 */
export function stanzasFor(text, releases) {
  return text
    .split(/\n[ \t]*\n/)
    .flatMap((stanza) => {
      const fields = fieldsOf(stanza);
      const suites = suitesFor(fields.get('suites') ?? '', releases);
      const has = (/** @type {string} */ field, /** @type {string} */ word) =>
        (fields.get(field) ?? '').split(/\s+/).includes(word);
      if (!has('types', 'deb') || !has('components', ARCHIVE) || has('enabled', 'no') || suites.length === 0) return [];
      const changed = new Map([...fields, ['types', 'deb'], ['suites', suites.join(' ')], ['components', ARCHIVE]]);
      return [[...changed].map(([name, value]) => `${name}: ${value}\n`).join('')];
    })
    .join('\n');
}

/**
 * @param {string} stanza
 * @returns {Map<string, string>} by names in lower case, which apt does not tell apart from others
 */
function fieldsOf(stanza) {
  /** @type {Map<string, string>} */
  const fields = new Map();
  let last = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    const { name, value } = /^(?<name>[\w-]+):\s*(?<value>.*)$/.exec(line)?.groups ?? {};
    if (name !== undefined) fields.set((last = name.toLowerCase()), (value ?? '').trim());
    else if (last !== '' && line.trim() !== '') fields.set(last, `${fields.get(last)}\n ${line.trim()}`);
  }
  return fields;
}

/**
 * The release itself, its security suite and its updates; no others.
 * @param {string} suites
 * @param {Releases} releases
 */
function suitesFor(suites, { from, to }) {
  const wanted = [from, `${from}-security`, `${from}-updates`];
  return suites
    .split(/\s+/)
    .filter((suite) => wanted.includes(suite))
    .map((suite) => suite.replace(from, to));
}
