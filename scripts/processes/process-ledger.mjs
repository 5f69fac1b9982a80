import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { endRecordedProcess, ManagedProcess } from './managed-process.mjs';
import { identifyProcess, isSameProcessRunning } from './process-identity.mjs';

/**
 * @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity
 * @typedef {'app' | 'service' | 'task'} ProcessKind
 * @typedef {ProcessIdentity & { name: string, kind: ProcessKind, stopSignal: NodeJS.Signals }} RecordedProcess
 * @typedef {object} LaunchRequest
 * @property {string} name
 * @property {ProcessKind} kind
 * @property {string} command
 * @property {string[]} args
 * @property {string} logFile standard output and standard error are appended here
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 * @property {NodeJS.Signals} [stopSignal]
 */

const ORPHAN_STOP_TIMEOUT_MS = 5_000;

/**
 * The child waits at this gate until it stands in the ledger. Were its parent killed before that, the pipe closes and the
 * child ends by itself: no process can run that the next start does not know of.
 */
const GATE = 'read -r opened || exit 0; exec "$@" </dev/null';

/** Starts processes and keeps a file of those that run, so that a later start can end what a killed one left. */
export class ProcessLedger {
  /** @type {RecordedProcess[]} */
  #records = [];

  /** @param {string} file */
  constructor(file) {
    this.file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  /**
   * @param {LaunchRequest} request
   * @returns {ManagedProcess}
   */
  launch(request) {
    mkdirSync(dirname(request.logFile), { recursive: true });
    const stopSignal = request.stopSignal ?? 'SIGTERM';
    const log = openSync(request.logFile, 'a', 0o600);
    const child = spawn('/bin/sh', ['-c', GATE, 'gate', request.command, ...request.args], {
      cwd: request.cwd,
      env: request.env ?? process.env,
      detached: true,
      stdio: ['pipe', log, log],
    });
    closeSync(log);
    if (child.pid === undefined) throw new Error(`${request.name} could not be started: /bin/sh does not run`);
    const managed = new ManagedProcess(request.name, child, { logFile: request.logFile, stopSignal });
    this.#record({ ...identityOf(child.pid), name: request.name, kind: request.kind, stopSignal });
    void managed.exited.then(() => this.#forget(managed.pid));
    // A child that died at the gate must not bring its parent down with EPIPE.
    child.stdin?.on('error', () => {});
    child.stdin?.end('\n');
    return managed;
  }

  /**
   * Ends the processes that an earlier run recorded and that still run, apps before the services they use.
   * @returns {Promise<string[]>} their names
   */
  async endOrphans() {
    const orphans = readRecords(this.file).filter(isSameProcessRunning);
    for (const isService of [false, true]) {
      const group = orphans.filter((orphan) => (orphan.kind === 'service') === isService);
      await Promise.all(group.map((orphan) => endRecordedProcess(orphan, ORPHAN_STOP_TIMEOUT_MS)));
    }
    this.#write();
    return orphans.map(({ name }) => name);
  }

  /** @param {RecordedProcess} record */
  #record(record) {
    this.#records.push(record);
    this.#write();
  }

  /** @param {number} pid */
  #forget(pid) {
    this.#records = this.#records.filter((record) => record.pid !== pid);
    this.#write();
  }

  #write() {
    const temporary = `${this.file}.new`;
    try {
      writeFileSync(temporary, `${JSON.stringify(this.#records, null, 2)}\n`);
      renameSync(temporary, this.file);
    } catch (error) {
      // The folder of a finished test run is removed while its last children are being reaped.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    }
  }
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
