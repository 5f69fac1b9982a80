import { UsageError } from '../failure.js';

/** Where a service is: its address may have a path, where it stands behind a proxy. */
export class ServiceUrl {
  private constructor(
    /** Without a slash at its end. */
    readonly text: string,
    private readonly url: URL,
  ) {}

  static parse(text: string): ServiceUrl {
    if (!/^https?:\/\//i.test(text))
      throw new UsageError('The address of a service must begin with http:// or https://.');
    const url = parseOrRefuse(text);
    if (url.username !== '' || url.password !== '') {
      throw new UsageError('Leave user name and password out of the address: `login` asks for them.');
    }
    if (url.search !== '' || url.hash !== '') {
      throw new UsageError('The address of a service must not have a query (?) or a fragment (#).');
    }
    return new ServiceUrl(`${url.origin}${url.pathname}`.replace(/\/+$/, ''), url);
  }

  /** The whole address of a path of the API. */
  resolve(path: string): URL {
    return new URL(`${this.text}${path}`);
  }

  get host(): string {
    return this.url.host;
  }

  /** This machine alone: the local service, on which an account costs nothing. */
  get isLoopback(): boolean {
    const { hostname } = this.url;
    return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  }

  /** Whether others on the way can read what is sent. */
  get isReadableByOthers(): boolean {
    return this.url.protocol === 'http:' && !this.isLoopback;
  }
}

function parseOrRefuse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new UsageError('The address of the service cannot be read. It looks like https://mp3.example.org.');
  }
}
