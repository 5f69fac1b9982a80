import { Availability, ProblemError, RetryPolicy, UnreachableError, type TemporaryError } from '@app/client';
import { Conversion } from '../conversion/conversion.js';
import { Converter } from '../conversion/converter.js';
import { createFolder, readOutputOptions, type OutputOptions } from '../conversion/output-options.js';
import { rejectCollisions } from '../conversion/preflight.js';
import { failureOf, NoServiceError } from '../failure.js';
import { Session } from '../profile/session.js';
import { jsonLine } from '../screen/json-line.js';
import { LiveScreen } from '../screen/live-screen.js';
import { PlainScreen } from '../screen/plain-screen.js';
import type { Screen } from '../screen/screen.js';
import { Style } from '../screen/style.js';
import { isNobodyThere, reasonOf } from '../service/connection-problem.js';
import { openService, type Service } from '../service/service.js';
import type { ServiceUrl } from '../service/service-url.js';
import type { Command } from './arguments.js';
import { chooseService, commandLine, storeOf, type Context } from './context.js';
import { EXIT } from './usage.js';

type ConvertCommand = Extract<Command, { name: 'convert' | 'get' }>;

/** Converts files, or fetches MP3s of earlier uploads; returns the exit code. */
export async function convert(command: ConvertCommand, context: Context): Promise<number> {
  const { signal } = context;
  const url = chooseService(context, command.url);
  const output = await outputOptions(command);
  const conversions =
    command.name === 'convert'
      ? command.files.map((file) => Conversion.ofFile(file))
      : command.jobIds.map((id) => Conversion.ofJob(id));
  const screen = chooseScreen(command.json, context);
  listen(conversions, screen, command.json ? context : null);
  const service = openService(url, signal);
  const { timeoutMs } = command;
  const availability = new Availability({
    onUnavailable: (reason) => screen.note(`${reason.message} Retrying for up to ${timeoutMs / 1000} s.`),
    onAvailable: () => screen.note('The service responds again.'),
  });
  const retry = new RetryPolicy({ timeoutMs, signal, availability });
  try {
    const session = await openSession(context, service, retry, screen);
    const line = commandLine(context, url);
    const fetchLater = (jobId: string): string => line(`get ${jobId}`);
    const notify = command.name === 'convert' && command.notify;
    if (notify) await warnWithoutAddress(service, session, screen);
    const options = { service, session, retry, availability, timeoutMs, output, signal, fetchLater, notify };
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
  return conversions.every(({ phase }) => phase === 'done') ? EXIT.done : EXIT.failed;
}

async function warnWithoutAddress(service: Service, session: Session, screen: Screen): Promise<void> {
  const { email_verified: isVerified } = await session.use((token) => service.client.currentUser(token));
  if (!isVerified) screen.note('No email will come: your account has no verified email address.');
}

async function outputOptions(command: ConvertCommand): Promise<OutputOptions> {
  const count = command.name === 'convert' ? command.files.length : command.jobIds.length;
  const options = await readOutputOptions(command.out, command.force, count);
  if (command.name === 'convert') await rejectCollisions(command.files, options);
  await createFolder(options);
  return options;
}

function chooseScreen(isJson: boolean, { environment, output, errors }: Context): Screen {
  const stream = isJson ? errors : output;
  // Some programs provide terminals without a size, in which nothing can be drawn.
  const isLive = stream.isTTY && stream.columns > 0 && stream.rows > 0 && !environment.isDumbTerminal;
  const style = new Style(isLive && stream.hasColors(), environment.isUnicode || !stream.isTTY);
  return isLive ? new LiveScreen(stream, style) : new PlainScreen(stream, style);
}

function listen(conversions: readonly Conversion[], screen: Screen, json: Context | null): void {
  for (const conversion of conversions) {
    conversion.onChange(() => {
      screen.changed(conversion);
      if (conversion.hasEnded) json?.output.write(`${jsonLine(conversion)}\n`);
    });
  }
}

/** Sends the first requests. If nobody answers them, they are not repeated, because no file has a chance. */
async function openSession(context: Context, service: Service, retry: RetryPolicy, screen: Screen): Promise<Session> {
  const options = {
    service,
    store: storeOf(context),
    command: commandLine(context, service.url),
    say: (text: string): void => screen.note(text),
  };
  const opened = retry.run(async () => {
    try {
      return await Session.open(options);
    } catch (error) {
      throw error instanceof UnreachableError || error instanceof ProblemError
        ? noService(service.url, error, context)
        : error;
    }
  });
  return opened.catch((error: unknown) => {
    const failure = failureOf(error);
    if (failure === null) throw error;
    throw failure instanceof NoServiceError
      ? failure
      : new NoServiceError(failure.code, failure.message, { cause: error });
  });
}

function noService(url: ServiceUrl, error: TemporaryError, { environment }: Context): Error {
  if (error instanceof ProblemError) {
    if (error.isTemporary || !error.code.startsWith('http_')) return error;
    return new NoServiceError('not_a_service', `The server at ${url.text} is not a video-to-mp3 service.`);
  }
  if (!isNobodyThere(error)) {
    return new NoServiceError('service_unreachable', `${url.text} cannot be used: ${reasonOf(error)}.`);
  }
  const start = url.isLoopback
    ? 'Start the service in another shell (npm start), or name'
    : 'Check the address, or name';
  const message = `Nothing answers at ${url.text}. ${start} another one: ${environment.program} --url URL`;
  return new NoServiceError('service_unreachable', message);
}

/** Adds the number of converted files, and after Ctrl-C the command that fetches the rest. */
function summarize(conversions: readonly Conversion[], screen: Screen, context: Context, url: ServiceUrl): void {
  const done = conversions.filter(({ phase }) => phase === 'done').length;
  if (conversions.length > 1 && !context.signal.aborted) screen.note(`${done} of ${conversions.length} converted.`);
  if (!context.signal.aborted) return;
  const left = conversions.flatMap(({ phase, jobId }) => (phase === 'stopped' && jobId !== null ? [jobId] : []));
  if (left.length > 0)
    screen.note(`The conversion continues. Fetch the MP3 later: ${commandLine(context, url)(`get ${left.join(' ')}`)}`);
}
