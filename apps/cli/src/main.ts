#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { EXIT } from './command/usage.js';
import { removeUnfinishedOutputs } from './conversion/output-file.js';
import { readEnvironment } from './environment.js';
import { run } from './run.js';

// In a terminal, Ctrl-C can reach this process twice: from the terminal and, forwarded, from npm.
const SAME_KEYSTROKE_MS = 500;

const stop = new AbortController();
// Each request and each pause adds a listener.
setMaxListeners(0, stop.signal);
let stoppedAt = Number.NaN;
let exitCodeOfSignal: number | null = null;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(signal));
process.on('exit', removeUnfinishedOutputs);
// The reader of the output can end (`| head`): the conversions continue.
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
