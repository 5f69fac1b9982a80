import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { endRecordedProcess, ManagedProcess } from './managed-process.mjs';
import { identifyProcess, isSameProcessRunning } from './process-identity.mjs';

/**
 * @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity
 * @typedef {'app' | 'service' | 'task'} ProcessKind
 * @typedef {{ stopSignal: NodeJS.Signals, stopTimeoutMs: number }} StopManner
 * @typedef {ProcessIdentity & StopManner & { name: string, kind: ProcessKind }} RecordedProcess
 * @typedef {object} LaunchRequest
 * @property {string} name
 * @property {ProcessKind} kind
 * @property {string} command
 * @property {string[]} args
 * @property {string} [logFile] the file for the output; without it, the output appears on the console
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {NodeJS.Signals} [stopSignal]
 * @property {number} [stopTimeoutMs] after which it is killed
 */

const STOP_TIMEOUT_MS = 15_000;
const LARGE_LOG_BYTES = 10_000_000;
const ORPHANED_APP_TIMEOUT_MS = 5_000;

/**
 * The child waits at this gate until it is in the ledger. If its parent is killed before that, the pipe closes and the
 * child exits, so every running process is known to the next start.
 */
const GATE = 'read -r opened || exit 0; exec "$@" </dev/null';

/** Starts processes and records them in a file, so that a later start can end the processes of a killed one. */
export class ProcessLedger {
  /** @type {{ record: RecordedProcess, process: ManagedProcess }[]} */
  #running = [];
  #isClosed = false;

  /** @param {string} file */
  constructor(file) {
    this.file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  /** True while everything is being stopped. */
  get isClosed() {
    return this.#isClosed;
  }

  /**
   * @param {LaunchRequest} request
   * @returns {ManagedProcess}
   */
  launch(request) {
    if (this.#isClosed) throw new Error(`${request.name} was not started: everything is being stopped`);
    const { name, kind, stopSignal = 'SIGTERM', stopTimeoutMs = STOP_TIMEOUT_MS } = request;
    const manner = { stopSignal, stopTimeoutMs };
    const log = request.logFile === undefined ? null : openLog(request.logFile);
    const child = spawn('/bin/sh', ['-c', GATE, 'gate', request.command, ...request.args], {
      cwd: request.cwd,
      env: request.env ?? process.env,
      detached: true,
      stdio: ['pipe', log ?? 'inherit', log ?? 'inherit'],
    });
    if (log !== null) closeSync(log);
    if (child.pid === undefined) throw new Error(`${name} could not be started: /bin/sh does not run`);
    const managed = new ManagedProcess(name, child, { logFile: request.logFile ?? null, ...manner });
    this.#running.push({ record: { ...identityOf(child.pid), name, kind, ...manner }, process: managed });
    this.#write();
    void managed.exited.then(() => this.#forget(managed));
    // A child that died at the gate must not crash its parent with EPIPE.
    child.stdin?.on('error', () => {});
    child.stdin?.end('\n');
    return managed;
  }

  /**
   * Ends the processes of an earlier run that still run, apps before the services that they use.
   * @returns {Promise<string[]>} their names
   */
  async endOrphans() {
    const orphans = readRecords(this.file).filter(isSameProcessRunning);
    for (const isService of [false, true]) {
      const group = orphans.filter(({ kind }) => (kind === 'service') === isService);
      await Promise.all(group.map((orphan) => endRecordedProcess(withoutDrain(orphan))));
    }
    this.#write();
    return orphans.map(({ name }) => name);
  }

  /** Starts nothing more, and ends all processes, apps before the services that they use. */
  async stopAll() {
    this.#isClosed = true;
    for (const isService of [false, true]) {
      const group = this.#running.filter(({ record }) => (record.kind === 'service') === isService);
      await Promise.all(group.map(({ process }) => process.stop()));
    }
  }

  /** Kills everything at once. */
  killAll() {
    this.#isClosed = true;
    for (const { process } of this.#running) process.kill();
  }

  /** @param {ManagedProcess} managed */
  #forget(managed) {
    this.#running = this.#running.filter(({ process }) => process !== managed);
    this.#write();
  }

  #write() {
    const temporary = `${this.file}.new`;
    try {
      writeFileSync(
        temporary,
        `${JSON.stringify(
          this.#running.map(({ record }) => record),
          null,
          2,
        )}\n`,
      );
      renameSync(temporary, this.file);
    } catch (error) {
      // The folder of a test run can be removed while its last children are being reaped.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    }
  }
}

/**
 * Short for apps, which lose nothing if they are killed, because the user waits for the next start.
 * @param {RecordedProcess} record
 * @returns {RecordedProcess}
 */
function withoutDrain(record) {
  if (record.kind !== 'app') return record;
  return { ...record, stopTimeoutMs: Math.min(record.stopTimeoutMs, ORPHANED_APP_TIMEOUT_MS) };
}

/** @param {string} file set aside when it has grown large */
function openLog(file) {
  mkdirSync(dirname(file), { recursive: true });
  const log = openSync(file, 'a', 0o600);
  if (statSync(file).size < LARGE_LOG_BYTES) return log;
  closeSync(log);
  renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** @param {number} pid */
function identityOf(pid) {
  const identity = identifyProcess(pid);
  if (identity === null) throw new Error(`process ${pid} ended before it could be recorded`);
  return identity;
}

/**
 * @param {string} file
 * @returns {RecordedProcess[]}
 */
export function readRecords(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}
