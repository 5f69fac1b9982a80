import { Conversion } from '../conversion/conversion.js';
import { Converter } from '../conversion/converter.js';
import { createFolder, readOutputOptions, type OutputOptions } from '../conversion/output-options.js';
import { rejectCollisions } from '../conversion/preflight.js';
import { NoServiceError } from '../failure.js';
import type { Session } from '../profile/session.js';
import { jsonLine } from '../screen/json-line.js';
import { chooseScreen } from '../screen/choose-screen.js';
import type { Screen } from '../screen/screen.js';
import type { Service } from '../service/service.js';
import type { ServiceUrl } from '../service/service-url.js';
import type { Command } from './arguments.js';
import { openConnection } from './connection.js';
import { chooseService, commandLine, type Context } from './context.js';
import { EXIT } from './usage.js';

type ConvertCommand = Extract<Command, { name: 'convert' | 'download' }>;

/** Converts files, or fetches MP3s of earlier uploads; returns the exit code. */
export async function convert(command: ConvertCommand, context: Context): Promise<number> {
  const { signal } = context;
  const url = chooseService(context, command.url);
  const output = await outputOptions(command);
  const conversions =
    command.name === 'convert'
      ? command.files.map((file) => Conversion.ofFile(file))
      : command.jobIds.map((id) => Conversion.ofJob(id));
  const screen = chooseScreen(command.json ? context.errors : context.output, context.environment);
  listen(conversions, screen, command.json ? context : null);
  const { timeoutMs } = command;
  try {
    const say = (text: string): void => screen.note(text);
    const connection = await openConnection(context, url, timeoutMs, say);
    const { service, session } = connection;
    const line = commandLine(context, url);
    const fetchLater = (jobId: string): string => line(`download ${jobId}`);
    const notify = command.name === 'convert' && command.notify;
    if (notify) await warnWithoutAddress(service, session, screen);
    const options = { ...connection, timeoutMs, output, signal, fetchLater, notify, detach: isDetached(command) };
    const converter = new Converter(options);
    screen.begin(conversions);
    await Promise.all(conversions.map((conversion) => converter.run(conversion)));
  } catch (error) {
    // Scripts get a line for each file in any case.
    for (const conversion of command.json ? conversions : []) {
      if (signal.aborted) conversion.moveTo('stopped');
      else if (error instanceof NoServiceError) conversion.fail(error);
    }
    throw error;
  } finally {
    screen.end();
  }
  summarize(conversions, screen, context, url);
  if (signal.aborted) return EXIT.stopped;
  return conversions.every(({ phase }) => phase === 'done' || phase === 'uploaded') ? EXIT.done : EXIT.failed;
}

function isDetached(command: ConvertCommand): boolean {
  return command.name === 'convert' && command.detach;
}

async function warnWithoutAddress(service: Service, session: Session, screen: Screen): Promise<void> {
  const { email_verified: isVerified } = await session.use((token) => service.client.currentUser(token));
  if (!isVerified) screen.note('No email will come: your account has no verified email address.');
}

async function outputOptions(command: ConvertCommand): Promise<OutputOptions> {
  const count = command.name === 'convert' ? command.files.length : command.jobIds.length;
  const options = await readOutputOptions(command.out, command.force, count);
  if (command.name === 'convert' && !command.detach) await rejectCollisions(command.files, options);
  await createFolder(options);
  return options;
}

function listen(conversions: readonly Conversion[], screen: Screen, json: Context | null): void {
  for (const conversion of conversions) {
    conversion.onChange(() => {
      screen.changed(conversion);
      if (conversion.hasEnded) json?.output.write(`${jsonLine(conversion)}\n`);
    });
  }
}

/** Adds the number of converted files, and the commands that fetch the MP3s of jobs that continue. */
function summarize(conversions: readonly Conversion[], screen: Screen, context: Context, url: ServiceUrl): void {
  const { aborted } = context.signal;
  const done = conversions.filter(({ phase }) => phase === 'done').length;
  const uploaded = conversions.filter(({ phase }) => phase === 'uploaded').length;
  if (conversions.length > 1 && !aborted) {
    const what =
      done === 0 && uploaded > 0
        ? `${uploaded} of ${conversions.length} uploaded`
        : `${done} of ${conversions.length} converted`;
    screen.note(`${what}.`);
  }
  const left = conversions.filter(
    ({ phase, isCanceled }) => phase === 'uploaded' || (phase === 'stopped' && !isCanceled),
  );
  const ids = left.flatMap(({ jobId }) => (jobId === null ? [] : [jobId]));
  const line = commandLine(context, url);
  if (ids.length > 0)
    screen.note(`The conversion continues. Fetch the MP3 later: ${line(`download ${ids.join(' ')}`)}`);
}
