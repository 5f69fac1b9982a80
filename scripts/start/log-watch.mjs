import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

const POLL_MS = 500;
const CHUNK_BYTES = 65_536;
const LINES_PER_POLL = 5;
const WARNING_LEVELS = new Set(['warn', 'error', 'fatal']);
const IS_READABLE_WARNING = /\b(WARN|ERROR|FATAL)\b/;

/**
 * @param {string} line of an app's log: JSON in production, readable in development
 * @returns {string | null} the text for the console; null if the line is not a warning
 */
export function warningIn(line) {
  if (!line.startsWith('{')) return IS_READABLE_WARNING.test(line) ? line : null;
  try {
    const { level, msg, err } = JSON.parse(line);
    if (!WARNING_LEVELS.has(level)) return null;
    return [msg, err?.message].filter(Boolean).join(': ');
  } catch {
    return null;
  }
}

/** Shows new lines of a log file: the warnings, or the lines that another function selects. */
export class LogWatch {
  #rest = '';
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {string} name
   * @param {string} file
   * @param {(line: string) => void} show
   * @param {(line: string) => string | null} [pick]
   */
  constructor(name, file, show, pick = warningIn) {
    this.name = name;
    this.file = file;
    this.show = show;
    this.pick = pick;
    this.offset = sizeOf(file);
  }

  /** Skips the existing content. */
  skip() {
    this.offset = sizeOf(this.file);
  }

  start() {
    this.#timer = setInterval(() => this.#showNews(), POLL_MS).unref();
  }

  stop() {
    clearInterval(this.#timer);
  }

  #showNews() {
    const { text, end } = readFrom(this.file, this.offset);
    this.offset = end;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const warnings = lines.map(this.pick).filter((warning) => warning !== null);
    for (const warning of warnings.slice(0, LINES_PER_POLL)) this.show(`${this.name}: ${warning}`);
    const hidden = warnings.length - LINES_PER_POLL;
    if (hidden > 0) this.show(`${this.name}: ${hidden} more warnings in ${this.file}`);
  }
}

/**
 * @param {string} file
 * @param {number} offset
 */
function readFrom(file, offset) {
  let text = '';
  // A large log was renamed, and a new one was started.
  let end = sizeOf(file) < offset ? 0 : offset;
  if (sizeOf(file) === end) return { text, end };
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(CHUNK_BYTES);
  try {
    for (;;) {
      const bytes = readSync(descriptor, buffer, 0, CHUNK_BYTES, end);
      if (bytes === 0) return { text, end };
      text += buffer.toString('utf8', 0, bytes);
      end += bytes;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** @param {string} file */
function sizeOf(file) {
  return existsSync(file) ? statSync(file).size : 0;
}
