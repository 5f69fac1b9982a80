import { UsageError } from '../failure.js';

/** The address of a service. It can have a path, for a service behind a proxy. */
export class ServiceUrl {
  private constructor(
    /** Without a slash at the end. */
    readonly text: string,
    private readonly url: URL,
  ) {}

  static parse(text: string): ServiceUrl {
    if (!/^https?:\/\//i.test(text))
      throw new UsageError('The address of a service must start with http:// or https://.');
    const url = parseUrl(text);
    if (url.username !== '' || url.password !== '') {
      throw new UsageError('The address must not contain a user name or password: `login` asks for them.');
    }
    if (url.search !== '' || url.hash !== '') {
      throw new UsageError('The address of a service must not contain a query (?) or a fragment (#).');
    }
    return new ServiceUrl(`${url.origin}${url.pathname}`.replace(/\/+$/, ''), url);
  }

  get host(): string {
    return this.url.host;
  }

  /** True if the service runs on this machine, so that the client can create an account by itself. */
  get isLoopback(): boolean {
    const { hostname } = this.url;
    return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  }

  /** True if others on the network can read the requests. */
  get isReadableByOthers(): boolean {
    return this.url.protocol === 'http:' && !this.isLoopback;
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new UsageError('The address of the service is invalid. A valid one is https://mp3.example.org.');
  }
}
