import { UnreachableError } from '@app/client';
import { NoServiceError } from '../failure.js';
import { readCredentials } from '../profile/credentials.js';
import { formatLocalTime } from '../screen/local-time.js';
import { reasonOf } from '../service/connection-problem.js';
import { openService } from '../service/service.js';
import type { Command } from './arguments.js';
import { chooseService, storeOf, type Context } from './context.js';
import { EXIT } from './usage.js';

type LoginCommand = Extract<Command, { name: 'login' }>;
type LogoutCommand = Extract<Command, { name: 'logout' }>;

export async function logIn(command: LoginCommand, context: Context): Promise<number> {
  const url = chooseService(context, command.url);
  const { client } = openService(url, context.signal);
  const { input, errors: output, signal } = context;
  const { username, password } = await readCredentials(url.host, command.username, { input, output, signal });
  try {
    const { access_token, expires_in } = await client.logIn({ username, password });
    await storeOf(context).keep(url, { url: url.text, username, access_token });
    const end = formatLocalTime(Date.now() + expires_in * 1000);
    context.output.write(`Signed in at ${url.text}${end === null ? '' : `, until ${end}`}.\n`);
    return EXIT.done;
  } catch (error) {
    if (error instanceof UnreachableError) {
      throw new NoServiceError('service_unreachable', `${url.text} cannot be used: ${reasonOf(error)}.`);
    }
    throw error;
  }
}

export async function logOut(command: LogoutCommand, context: Context): Promise<number> {
  const url = chooseService(context, command.url);
  const store = storeOf(context);
  const isKnown = (await store.find(url)) !== null;
  await store.forget(url);
  context.output.write(isKnown ? `Signed out of ${url.text}.\n` : `You were not signed in at ${url.text}.\n`);
  return EXIT.done;
}
