import type { ReadStream, WriteStream } from 'node:tty';
import type { Environment } from '../environment.js';
import { AccountStore } from '../profile/account-store.js';
import { ServiceUrl } from '../service/service-url.js';

/** What every command works with. */
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

/** The service that is meant; says so where others could read what is sent to it. */
export function chooseService({ environment, errors }: Context, given: string | null): ServiceUrl {
  const url = ServiceUrl.parse(given ?? environment.defaultUrl);
  if (url.isReadableByOthers) {
    errors.write(`! ${url.host} is spoken to without encryption (http): others on the way can read all of it.\n`);
  }
  return url;
}

/** A command to type that means the same service. */
export function commandLine({ environment }: Context, url: ServiceUrl): (words: string) => string {
  const isDefault = isService(environment.defaultUrl, url);
  return (words) => `${environment.program} ${words}${isDefault ? '' : ` --url ${url.text}`}`;
}

/** The default may be nonsense that `--url` was given instead of. */
function isService(text: string, url: ServiceUrl): boolean {
  try {
    return ServiceUrl.parse(text).text === url.text;
  } catch {
    return false;
  }
}
