import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
const PAUSE_MS = 1_000;

/** Tries a step until it succeeds: what setup prepares may still be starting. After a minute the last error is thrown. */
export async function withPatience<T>(name: string, step: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (isFinal(error) || performance.now() > deadline) throw error;
      process.stderr.write(`${name}: ${(error as Error).message} Trying again.\n`);
      await delay(PAUSE_MS);
    }
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'configuration_invalid';
}
