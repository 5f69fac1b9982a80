#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { EXIT } from './command/usage.js';
import { removeUnfinishedOutputs } from './conversion/output-file.js';
import { readEnvironment } from './environment.js';
import { run } from './run.js';

// In a terminal, Ctrl-C may reach this process twice: from the terminal and, forwarded, from npm.
const SAME_KEYSTROKE_MS = 500;

const stop = new AbortController();
// Each request and each pause listens to it.
setMaxListeners(0, stop.signal);
let stoppedAt = Number.NaN;
let exitCodeOfSignal: number | null = null;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal));
process.on('exit', removeUnfinishedOutputs);
// Whoever reads the output may go away (`| head`): the conversions go on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const exitCode = await run(process.argv.slice(2), {
  environment: readEnvironment(),
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  signal: stop.signal,
});
process.exitCode = exitCodeOfSignal ?? exitCode;

function onSignal(signal: NodeJS.Signals): void {
  if (!stop.signal.aborted) {
    stoppedAt = performance.now();
    exitCodeOfSignal = signal === 'SIGTERM' ? EXIT.terminated : EXIT.stopped;
    stop.abort();
  } else if (performance.now() - stoppedAt > SAME_KEYSTROKE_MS) {
    process.exit(EXIT.stopped);
  }
}
