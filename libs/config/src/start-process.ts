import { EnvironmentError } from './environment.js';

/** Runs a process's start: a wrong configuration is printed as sentences, anything else with its stack; both exit 1. */
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
