const LONG_STEP_MS = 3_000;

/** Ignores the end of a pipe (`npm start | head`), which would end the process and leave its children. */
export function surviveClosedConsole() {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** @type {NodeJS.WritableStream} */
let messages = process.stdout;

/** Writes messages to standard error from now on, because standard output is for a result. */
export function keepStandardOutputFree() {
  messages = process.stderr;
}

/** @param {string} message */
export function say(message) {
  messages.write(`${message}\n`);
}

/** @param {string} message */
export function complain(message) {
  process.stderr.write(`${message}\n`);
}

/**
 * Runs a step and prints its duration. Announces a step that takes long.
 * @template Result
 * @param {string} what
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function step(what, work) {
  const startedAt = performance.now();
  const announcement = setTimeout(() => say(`  … ${what}`), LONG_STEP_MS);
  try {
    const result = await work();
    say(`  ✓ ${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    return result;
  } finally {
    clearTimeout(announcement);
  }
}
