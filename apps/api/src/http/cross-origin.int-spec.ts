import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aForm, ApiUnderTest } from '../../test/api-under-test.js';
import { headLines, RawClient } from '../../test/raw-client.js';

const LISTED = ['https://app.example.org', 'http://localhost:5173'];
const OTHERS = [
  'https://evil.example.org',
  'http://app.example.org',
  'https://app.example.org:8443',
  'https://app.example.org.evil.example',
  'https://sub.app.example.org',
  'null',
];
/** Browsers show these to every script (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name). */
const ALWAYS_SHOWN = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
];

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<Record<string, { readonly headers?: object }>>;
}

const corsNames = (response: Response): string[] =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));
const listOf = (response: Response, name: string): string[] =>
  (response.headers.get(`access-control-${name}`) ?? '').toLowerCase().split(',');

describe('a request from another origin', () => {
  let api: ApiUnderTest;
  let account: { Authorization: string };

  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: { CORS_ORIGINS: LISTED.join(', ') } });
    account = (await api.signIn('ada')).headers;
  });
  afterAll(() => api.stop());

  function preflight(origin: string, path = '/media/upload', method = 'POST', on = api): Promise<Response> {
    const headers = {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'authorization,content-type',
    };
    return fetch(`${on.url}${path}`, { method: 'OPTIONS', headers });
  }

  async function operations(): Promise<(Operation & { method: string })[]> {
    const { paths } = (await (await api.fetch('/openapi.json')).json()) as OpenApi;
    return Object.values(paths).flatMap((item) =>
      Object.entries(item).map(([method, operation]) => ({ method, ...operation })),
    );
  }

  it.each(LISTED)('is allowed in advance for %s, without credentials', async (origin) => {
    const response = await preflight(origin);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('vary')).toBe('Origin');
  });

  it('can have every method and header of the API', async () => {
    const response = await preflight('https://app.example.org');
    const used = await operations();
    const methods = used.map(({ method }) => method);
    expect(methods).toContain('patch');
    expect(listOf(response, 'allow-methods')).toEqual(expect.arrayContaining(methods));
    const parameters = used.flatMap((operation) => operation.parameters ?? []).filter((one) => one.in === 'header');
    const names = ['authorization', 'content-type', ...parameters.map(({ name }) => name.toLowerCase())];
    expect(names).toEqual(expect.arrayContaining(['range', 'if-range', 'if-none-match']));
    expect(listOf(response, 'allow-headers')).toEqual(expect.arrayContaining(names));
  });

  it('lets scripts read every header of the answers', async () => {
    const response = await api.fetch('/health/live', { headers: { Origin: 'https://app.example.org' } });
    const used = (await operations()).flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ headers = {} }) => Object.keys(headers).map((name) => name.toLowerCase())),
    );
    const hidden = used.filter((name) => !ALWAYS_SHOWN.includes(name));
    expect(hidden).toEqual(expect.arrayContaining(['location', 'etag', 'content-range', 'retry-after', 'ratelimit']));
    expect(listOf(response, 'expose-headers')).toEqual(expect.arrayContaining([...hidden, 'x-request-id']));
  });

  it.each(OTHERS)('gets no permission for %s', async (origin) => {
    const before = await preflight(origin);
    expect(before.status).toBe(405);
    const response = await api.fetch('/health/live', { headers: { Origin: origin } });
    expect(response.status).toBe(200);
    for (const one of [before, response]) {
      expect(corsNames(one)).toEqual([]);
      expect(one.headers.get('vary')).toBe('Origin');
    }
  });

  it('can be cached for its origin only, and so can one without an origin', async () => {
    const response = await api.fetch('/health/live');
    expect(corsNames(response)).toEqual([]);
    expect(response.headers.get('vary')).toBe('Origin');
  });

  it('can read an upload and its status, from the first answer on', async () => {
    const headers = { ...account, Origin: 'http://localhost:5173' };
    const uploaded = await api.upload(aForm(), headers);
    expect(uploaded.status).toBe(202);
    const path = uploaded.headers.get('location') ?? '';
    // The first goes through the controller, the second can skip it.
    const answers = [uploaded, await api.fetch(path, { headers }), await api.fetch(path, { headers })];
    for (const answer of answers) {
      expect(answer.ok).toBe(true);
      expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
      expect(answer.headers.get('vary')).toBe('Origin');
    }
  });

  it.each([
    ['/media', 'GET', 401],
    ['/nowhere', 'GET', 404],
    ['/media/upload', 'PUT', 405],
    ['/auth/login', 'POST', 400],
  ])('can read the problem of %s with %s', async (path, method, status) => {
    const response = await api.fetch(path, { method, headers: { Origin: 'https://app.example.org' } });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example.org');
  });

  it('can read a problem that is found before the routes', async () => {
    const client = await RawClient.connect(api.port);
    client.send(
      headLines(
        'POST /auth/login HTTP/1.1',
        'Host: api',
        `Origin: ${LISTED[0]}`,
        'Expect: a-cake',
        'Connection: close',
      ),
    );
    const [head] = (await client.closed).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 417 /);
    expect(head).toContain(`Access-Control-Allow-Origin: ${LISTED[0]}`);
  });

  it('gets no permission if no origin is listed', async () => {
    const closed = await ApiUnderTest.start();
    try {
      const before = await preflight('https://app.example.org', '/media/upload', 'POST', closed);
      const response = await closed.fetch('/health/live', { headers: { Origin: 'https://app.example.org' } });
      expect([before.status, corsNames(before), corsNames(response)]).toEqual([405, [], []]);
    } finally {
      await closed.stop();
    }
  });
});
