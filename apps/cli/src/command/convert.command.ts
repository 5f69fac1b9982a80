import { Conversion } from '../conversion/conversion.js';
import { Converter } from '../conversion/converter.js';
import { makeFolder, refuseCollisions, type Placing } from '../conversion/plan.js';
import { Failure, NoServiceError } from '../failure.js';
import { Session } from '../profile/session.js';
import { jsonLine } from '../screen/json-line.js';
import { LiveScreen } from '../screen/live-screen.js';
import { PlainScreen } from '../screen/plain-screen.js';
import type { Screen } from '../screen/screen.js';
import { Style } from '../screen/style.js';
import { Patience } from '../service/patience.js';
import { Refusal, Unreachable } from '../service/refusal.js';
import { ServiceClient } from '../service/service-client.js';
import type { ServiceUrl } from '../service/service-url.js';
import type { Command } from './arguments.js';
import { chooseService, commandLine, storeOf, type Context } from './context.js';
import { EXIT } from './usage.js';

type ConvertCommand = Extract<Command, { name: 'convert' | 'get' }>;

/** Converts files, or fetches what was converted; returns the exit code. */
export async function convert(command: ConvertCommand, context: Context): Promise<number> {
  const { signal } = context;
  const placing: Placing = { folder: command.folder, force: command.force };
  const url = chooseService(context, command.url);
  if (command.name === 'convert') await refuseCollisions(command.files, placing);
  if (command.folder !== null) await makeFolder(command.folder);
  const conversions =
    command.name === 'convert'
      ? command.files.map((file) => Conversion.ofFile(file))
      : command.jobIds.map((id) => Conversion.ofJob(id));
  const screen = chooseScreen(command.json, context);
  listen(conversions, screen, command.json ? context : null);
  const client = new ServiceClient(url, signal);
  const patience = new Patience({
    limitMs: command.waitMs,
    signal,
    onAway: (reason) => screen.note(`${reason.message} Waiting for it, for up to ${command.waitMs / 1000} s.`),
    onBack: () => screen.note('The service is there again.'),
  });
  try {
    const session = await openSession(context, client, patience, screen);
    const line = commandLine(context, url);
    const fetchLater = (jobId: string): string => line(`get ${jobId}`);
    const converter = new Converter({ client, session, patience, placing, signal, fetchLater });
    screen.begin(conversions);
    await Promise.all(conversions.map((conversion) => converter.run(conversion)));
  } catch (error) {
    // Scripts get their line for each file in any case.
    for (const conversion of command.json ? conversions : []) {
      if (signal.aborted) conversion.moveTo('stopped');
      else if (error instanceof NoServiceError) conversion.fail(error);
    }
    throw error;
  } finally {
    screen.end();
    client.close();
  }
  summarize(conversions, screen, context, url);
  if (signal.aborted) return EXIT.stopped;
  return conversions.every(({ phase }) => phase === 'done') ? EXIT.done : EXIT.failed;
}

function chooseScreen(isJson: boolean, { environment, output, errors }: Context): Screen {
  const stream = isJson ? errors : output;
  // Some programs give out terminals without a size: nothing could be drawn there.
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

/** The first word with the service: where nobody answers it, nobody is waited for. Without it, no file has a chance. */
async function openSession(
  context: Context,
  client: ServiceClient,
  patience: Patience,
  screen: Screen,
): Promise<Session> {
  const { url } = client;
  const options = {
    client,
    store: storeOf(context),
    command: commandLine(context, url),
    say: (text: string): void => screen.note(text),
  };
  const opened = patience.persist(async () => {
    try {
      return await Session.open(options);
    } catch (error) {
      throw error instanceof Unreachable || error instanceof Refusal ? noService(url, error, context) : error;
    }
  });
  return opened.catch((error: unknown) => {
    if (!(error instanceof Failure || error instanceof Refusal)) throw error;
    throw error instanceof NoServiceError ? error : new NoServiceError(error.code, error.message, { cause: error });
  });
}

function noService(url: ServiceUrl, error: Unreachable | Refusal, { environment }: Context): Error {
  if (error instanceof Refusal) {
    if (error.isPassing || !error.code.startsWith('http_')) return error;
    return new NoServiceError('not_a_service', `What answers at ${url.text} is not a video-to-mp3 service.`);
  }
  if (!error.isNobodyThere) {
    return new NoServiceError('service_unreachable', `${url.text} cannot be used: ${error.reason}.`);
  }
  const start = url.isLoopback
    ? 'Start the service in another shell (npm start), or name'
    : 'Check the address, or name';
  const message = `Nothing answers at ${url.text}. ${start} another one: ${environment.program} --url URL`;
  return new NoServiceError('service_unreachable', message);
}

/** What a reader of many lines wants to know, and what somebody who stopped it can still get. */
function summarize(conversions: readonly Conversion[], screen: Screen, context: Context, url: ServiceUrl): void {
  const done = conversions.filter(({ phase }) => phase === 'done').length;
  if (conversions.length > 1 && !context.signal.aborted) screen.note(`${done} of ${conversions.length} converted.`);
  if (!context.signal.aborted) return;
  const left = conversions.flatMap(({ phase, jobId }) => (phase === 'stopped' && jobId !== null ? [jobId] : []));
  if (left.length > 0)
    screen.note(`Fetch what goes on at the service: ${commandLine(context, url)(`get ${left.join(' ')}`)}`);
}
