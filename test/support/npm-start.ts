import { spawn, type ChildProcess } from 'node:child_process';
import { waitFor } from '@app/testing';
import { expect } from 'vitest';

/** On an overloaded machine, the build and the broker take minutes each. */
const BRING_UP_MS = 900_000;

/** Runs `npm start` like a terminal, in its own process group. */
export class NpmStart {
  output = '';
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;

  /** `env` is added to the environment of the tests. */
  constructor(folder: string, env: Readonly<Record<string, string>>, ...args: string[]) {
    this.process = spawn('npm', ['start', '--', ...args], {
      cwd: folder,
      // oxlint-disable-next-line node/no-process-env -- the environment of the terminal
      env: { ...process.env, ...env },
      detached: true,
    });
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => this.process.once('close', resolve));
  }

  async says(text: string): Promise<void> {
    await waitFor(() => this.output.includes(text) || this.process.exitCode !== null, {
      timeoutMs: BRING_UP_MS,
      what: `"${text}"`,
    });
    expect(this.output).toContain(text);
  }

  pressCtrlC(): void {
    process.kill(-(this.process.pid ?? 0), 'SIGINT');
  }
}
