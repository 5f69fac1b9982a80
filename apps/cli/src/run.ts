import { AbortedError, ProblemError } from '@app/client';
import manifest from '../package.json' with { type: 'json' };
import { parseArguments, type Command } from './command/arguments.js';
import type { Context } from './command/context.js';
import { convert } from './command/convert.command.js';
import { changeJobs } from './command/jobs.command.js';
import { list } from './command/list.command.js';
import { logIn, logOut } from './command/login.command.js';
import { EXIT, usage } from './command/usage.js';
import { failureOf, NoServiceError, UsageError } from './failure.js';
import { printable } from './screen/printable.js';

/** Runs the command; returns the exit code. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  try {
    return await perform(parseArguments(args), context);
  } catch (error) {
    if (error instanceof AbortedError || context.signal.aborted) return EXIT.stopped;
    if (error instanceof UsageError) {
      context.errors.write(`${printable(error.message)} See ${context.environment.program} --help\n`);
      return EXIT.usage;
    }
    const failure = failureOf(error);
    if (failure === null) {
      context.errors.write(`An unexpected error occurred: ${printable((error as Error).message)} (unexpected)\n`);
      return EXIT.failed;
    }
    context.errors.write(`${printable(failure.message)} (${printable(failure.code)})\n`);
    return error instanceof NoServiceError || error instanceof ProblemError ? EXIT.noService : EXIT.failed;
  }
}

async function perform(command: Command, context: Context): Promise<number> {
  switch (command.name) {
    case 'help':
      context.output.write(usage(context.environment));
      return EXIT.done;
    case 'version':
      context.output.write(`${manifest.version}\n`);
      return EXIT.done;
    case 'login':
      return logIn(command, context);
    case 'logout':
      return logOut(command, context);
    case 'list':
      return list(command, context);
    case 'status':
    case 'cancel':
    case 'retry':
    case 'delete':
      return changeJobs(command, context);
    case 'convert':
    case 'download':
      return convert(command, context);
  }
}
