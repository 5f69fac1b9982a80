import type { ReadStream, WriteStream } from 'node:tty';
import type { Environment } from '../environment.js';
import { AccountStore } from '../profile/account-store.js';
import { ServiceUrl } from '../service/service-url.js';

/** The surroundings of a command. */
export interface Context {
  readonly environment: Environment;
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly errors: WriteStream;
  readonly signal: AbortSignal;
}

export function storeOf({ environment }: Context): AccountStore {
  return new AccountStore(environment.configFolder);
}

/** Returns the service to use; warns if others can read what is sent to it. */
export function chooseService({ environment, errors }: Context, given: string | null): ServiceUrl {
  const url = ServiceUrl.parse(given ?? environment.defaultUrl);
  if (url.isReadableByOthers) {
    errors.write(
      `! The connection to ${url.host} is not encrypted (http): others on the network can read everything.\n`,
    );
  }
  return url;
}

/** Returns commands for the same service, as users type them. */
export function commandLine({ environment }: Context, url: ServiceUrl): (words: string) => string {
  const isDefault = isService(environment.defaultUrl, url);
  return (words) => `${environment.program} ${words}${isDefault ? '' : ` --url ${url.text}`}`;
}

/** The default can be invalid, which is why `--url` was given. */
function isService(text: string, url: ServiceUrl): boolean {
  try {
    return ServiceUrl.parse(text).text === url.text;
  } catch {
    return false;
  }
}
