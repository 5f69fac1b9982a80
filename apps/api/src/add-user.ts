import 'reflect-metadata';
import { readEnvironment, startProcess } from '@app/config';
import { createDatabase, DatabaseEnv, DatabaseHealth, UserRepository } from '@app/database';
import { DomainError, ValidationError } from '@app/domain';
import { NoAnswerError, readNewAccount } from './account-prompts.js';
import { PasswordHasher, PRODUCTION_HASHING } from './auth/password-hasher.js';
import { RegisterDto } from './auth/register.dto.js';
import { COMMAND_ENVIRONMENT } from './env.js';
import { RequestValidationPipe } from './http/validation.pipe.js';

/** Creates an account from the command line, on a service with closed registration too: `add-user [name]`. */
await startProcess(async () => {
  const environment = readEnvironment(COMMAND_ENVIRONMENT).get(DatabaseEnv);
  const database = createDatabase(environment);
  try {
    await new DatabaseHealth(database).check();
    const answers = await readNewAccount(process.argv.slice(2), { input: process.stdin, output: process.stderr });
    const { username, password } = await validated(answers);
    const passwordHash = await hashed(password);
    const user = await new UserRepository(database).create({ username, email: null, passwordHash });
    process.stdout.write(`Created the account ${user.username}. It can sign in now.\n`);
  } catch (error) {
    process.stderr.write(`${sentenceFor(error, new URL(environment.connectionUrl).host)}\n`);
    process.exitCode = 1;
  } finally {
    await database.onApplicationShutdown();
  }
});

async function hashed(password: string): Promise<string> {
  const hasher = new PasswordHasher({ ...PRODUCTION_HASHING, threads: 1 });
  try {
    return await hasher.hash(password, 'command line');
  } finally {
    await hasher.onApplicationShutdown();
  }
}

async function validated(answers: object): Promise<RegisterDto> {
  return (await new RequestValidationPipe().transform(answers, { type: 'body', metatype: RegisterDto })) as RegisterDto;
}

function sentenceFor(error: unknown, host: string): string {
  if (error instanceof NoAnswerError) return error.message;
  if (error instanceof ValidationError) return error.errors.map(({ message }) => `The ${message}.`).join('\n');
  if (error instanceof DomainError && error.code !== 'database_unavailable') return error.message;
  const { message, cause } = error as Error;
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : message;
  return `The account was not created, because the database at ${host} cannot be used: ${reason}`;
}
