import { Availability, ProblemError, RetryPolicy, UnreachableError, type TemporaryError } from '@app/client';
import { failureOf, NoServiceError } from '../failure.js';
import { Session } from '../profile/session.js';
import { isNobodyThere, reasonOf } from '../service/connection-problem.js';
import { openService, type Service } from '../service/service.js';
import type { ServiceUrl } from '../service/service-url.js';
import { commandLine, storeOf, type Context } from './context.js';

/** A service that responds, with an account to use it. */
export interface Connection {
  readonly service: Service;
  readonly session: Session;
  readonly retry: RetryPolicy;
  readonly availability: Availability;
}

type Say = (text: string) => void;

/**
 * Signs in if necessary. Rejects with `NoServiceError` if the service cannot be used.
 *
 * @param timeoutMs how long requests are repeated while the service is unreachable
 */
export async function openConnection(
  context: Context,
  url: ServiceUrl,
  timeoutMs: number,
  say: Say,
): Promise<Connection> {
  const { signal } = context;
  const service = openService(url, signal);
  const availability = new Availability({
    onUnavailable: (reason) => say(`${reason.message} Retrying for up to ${timeoutMs / 1000} s.`),
    onAvailable: () => say('The service responds again.'),
  });
  const retry = new RetryPolicy({ timeoutMs, signal, availability });
  return { service, availability, retry, session: await openSession(context, service, retry, say) };
}

/** Sends the first requests. If nobody answers them, they are not repeated, because nothing else has a chance. */
async function openSession(context: Context, service: Service, retry: RetryPolicy, say: Say): Promise<Session> {
  const options = {
    service,
    store: storeOf(context),
    command: commandLine(context, service.url),
    say,
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
