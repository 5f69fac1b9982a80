import { EnvironmentError } from './environment.js';

/**
 * Starts a process. Prints an invalid configuration as sentences and any other error with its stack, then exits with
 * code 1.
 */
export async function startProcess(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.stderr.write(
      `${error instanceof EnvironmentError ? error.message : ((error as Error).stack ?? String(error))}\n`,
    );
    process.exit(1);
  }
}
