import { existsSync, readFileSync } from 'node:fs';

/**
 * A measurement of a benchmark, as `record` of bench/support writes it.
 * @typedef {{ atLeast: number } | { atMost: number }} Bound
 * @typedef {object} Figure
 * @property {string} name
 * @property {number} value
 * @property {string} unit
 * @property {Bound | null} must
 * @property {Bound | null} aim
 * @property {boolean | null} met whether it is what it must be; null if nothing is asked of it
 */

/**
 * @param {string} file with one figure in each line
 * @returns {Figure[]} none if no benchmark recorded one
 */
export function readFigures(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/**
 * @param {readonly Figure[]} figures
 * @returns {string} a table for the console and for Markdown
 */
export function figuresTable(figures) {
  const rows = figures.map(({ name, value, unit, must, aim, met }) => [
    name,
    `${rounded(value)} ${unit}`.trim(),
    boundText(must),
    boundText(aim),
    met === null ? '' : met ? 'yes' : 'NO',
  ]);
  const all = [['figure', 'value', 'must', 'aim', 'met'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = all.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  return [lines[0], `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join('\n');
}

/** @param {Bound | null} bound */
function boundText(bound) {
  if (bound === null) return '';
  return 'atLeast' in bound ? `≥ ${bound.atLeast}` : `≤ ${bound.atMost}`;
}

/** @param {number} value */
function rounded(value) {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100);
}
