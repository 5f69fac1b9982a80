import manifest from '../package.json' with { type: 'json' };
import { parseArguments, type Command } from './command/arguments.js';
import type { Context } from './command/context.js';
import { convert } from './command/convert.command.js';
import { logIn, logOut } from './command/login.command.js';
import { EXIT, usage } from './command/usage.js';
import { Failure, NoServiceError, Stopped, UsageError } from './failure.js';
import { printable } from './screen/printable.js';
import { Refusal } from './service/refusal.js';

/** Does what the command says; returns the exit code. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  try {
    return await perform(parseArguments(args), context);
  } catch (error) {
    if (error instanceof Stopped || context.signal.aborted) return EXIT.stopped;
    if (error instanceof UsageError) {
      context.errors.write(`${printable(error.message)} See ${context.environment.program} --help\n`);
      return EXIT.usage;
    }
    if (!(error instanceof Failure || error instanceof Refusal)) {
      context.errors.write(`Something went wrong here: ${printable((error as Error).message)} (unexpected)\n`);
      return EXIT.failed;
    }
    context.errors.write(`${printable(error.message)} (${error.code})\n`);
    return error instanceof NoServiceError || error instanceof Refusal ? EXIT.noService : EXIT.failed;
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
    case 'convert':
    case 'get':
      return convert(command, context);
  }
}
