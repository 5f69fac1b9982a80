import { ValidationError } from '@app/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest } from '../../test/api-under-test.js';
import { headLines, RawClient } from '../../test/raw-client.js';
import { LoginDto } from '../auth/login.dto.js';
import { problemBody } from './problem-details.js';
import { RequestValidationPipe } from './validation.pipe.js';

describe('every problem', () => {
  let api: ApiUnderTest;

  beforeAll(async () => {
    api = await ApiUnderTest.start();
  });
  afterAll(() => api.stop());

  async function problem(response: Response): Promise<Record<string, unknown>> {
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    return (await response.json()) as Record<string, unknown>;
  }

  function post(path: string, type: string, body: string): Promise<Response> {
    return api.fetch(path, { method: 'POST', headers: { 'Content-Type': type }, body });
  }

  it('has the same shape, and names its request', async () => {
    const response = await api.fetch('/nowhere?secret=1', { headers: { 'x-request-id': 'request-7' } });
    expect(response.status).toBe(404);
    expect(response.headers.get('x-request-id')).toBe('request-7');
    expect(await problem(response)).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: expect.stringMatching(/\.$/),
      instance: '/nowhere',
      code: 'not_found',
      request_id: 'request-7',
    });
  });

  it.each([
    ['/auth/login', 'GET', 'POST'],
    ['/auth/me', 'DELETE', 'GET, HEAD, PATCH'],
    ['/media/upload', 'PUT', 'POST'],
    ['/media/00000000-0000-0000-0000-000000000000/status', 'POST', 'GET, HEAD'],
    ['/health/live', 'PATCH', 'GET, HEAD'],
  ])('of %s with %s names the methods %s', async (path, method, allowed) => {
    const response = await api.fetch(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allowed);
    expect(await problem(response)).toMatchObject({ code: 'method_not_allowed' });
  });

  it.each([
    ['malformed JSON', 'application/json', '{"username":', 400, 'malformed_request'],
    ['JSON that is no object', 'application/json', '"ada"', 400, 'malformed_request'],
    ['a charset that nobody knows', 'application/json; charset=klingon', '{}', 415, 'unsupported_media_type'],
    ['another content type', 'text/plain', '{}', 415, 'unsupported_media_type'],
    ['a form where JSON is expected', 'application/x-www-form-urlencoded', 'a=b', 415, 'unsupported_media_type'],
    ['a JSON list', 'application/json', '[{}]', 400, 'malformed_request'],
    ['a large body', 'application/json', JSON.stringify({ username: 'x'.repeat(200_000) }), 413, 'payload_too_large'],
  ])('of %s', async (_name, type, body, status, code) => {
    const response = await post('/auth/register', type, body);
    expect(response.status).toBe(status);
    expect(await problem(response)).toMatchObject({ code });
  });

  it('of bad percent-encoding', async () => {
    const { headers } = await api.signIn('percent');
    const response = await api.fetch('/media/%E0%A4%A/status', { headers });
    expect(response.status).toBe(400);
    expect(await problem(response)).toMatchObject({ code: 'malformed_request' });
  });

  it.each([
    [
      'too many headers',
      headLines('GET / HTTP/1.1', 'Host: api', `X: ${'x'.repeat(20_000)}`),
      431,
      'headers_too_large',
    ],
    ['a long address', headLines(`GET /${'x'.repeat(20_000)} HTTP/1.1`, 'Host: api'), 431, 'headers_too_large'],
    ['no HTTP', 'hello\r\n\r\n', 400, 'malformed_request'],
    [
      'two lengths',
      headLines('POST /auth/login HTTP/1.1', 'Host: api', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
      400,
      'malformed_request',
    ],
  ])('of %s, by the parser of HTTP', async (_name, text, status, code) => {
    const client = await RawClient.connect(api.port);
    client.send(text);
    const [head, body] = (await client.closed).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(body ?? '')).toMatchObject({ status, code });
  });

  it.each([
    ['a missing Host', headLines('GET /health/live HTTP/1.1', 'Connection: close'), 400, 'malformed_request'],
    [
      'an unknown Expect',
      headLines('POST /auth/login HTTP/1.1', 'Host: api', 'Expect: a-cake', 'Content-Length: 2', 'Connection: close'),
      417,
      'expectation_failed',
    ],
  ])('of %s, which Node would answer itself', async (_name, text, status, code) => {
    const client = await RawClient.connect(api.port);
    client.send(text);
    const [head, body] = (await client.closed).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(body ?? '')).toMatchObject({ status, code });
  });

  it('is bounded, whatever the request holds', async () => {
    const name = String.fromCharCode(1).repeat(120);
    const fields = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`${name}${i}`.slice(-100), 1]));
    const pipe = new RequestValidationPipe();
    const error: unknown = await pipe
      .transform(fields, { type: 'body', metatype: LoginDto })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ValidationError);
    const body = problemBody(error as ValidationError, `/${'x'.repeat(16_000)}`, null);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(16 * 1024);
    const { errors } = JSON.parse(body) as { errors: unknown[] };
    expect(errors.length).toBeGreaterThan(5);
    expect(errors.length).toBeLessThan(20);
  });

  it('comes with headers that fit a JSON API', async () => {
    const { headers } = await api.fetch('/health/live');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
  });

  it('of an unexpected fault tells nothing about the inside', async () => {
    await api.database.query('ALTER TABLE users RENAME TO users_away');
    try {
      const response = await api.postJson('/auth/login', { username: 'ada', password: 'correct horse' });
      expect(response.status).toBe(500);
      const answer = await problem(response);
      expect(answer).toMatchObject({ code: 'internal_error' });
      expect(JSON.stringify(answer)).not.toMatch(/users|relation|SELECT|\.ts/);
      expect(api.logs.some(({ level, text }) => level === 'error' && text.includes('internal_error'))).toBe(true);
    } finally {
      await api.database.query('ALTER TABLE users_away RENAME TO users');
    }
  });
});
