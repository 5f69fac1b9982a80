import { describe, expect, it } from 'vitest';
import { ApiContract } from './api-contract.js';
import { waitFor } from './wait-for.js';

const job = (name: string): object => ({
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});
const etag = { ETag: { required: true, schema: { type: 'string', pattern: '^".+"$' } } };
const length = { 'Content-Length': { required: true, schema: { type: 'integer', minimum: 1 } } };
const problem = { content: { 'application/problem+json': { schema: { type: 'object', required: ['code'] } } } };

const sut = new ApiContract({
  paths: {
    '/media/{job_id}/status': { get: { responses: { 200: job('Job'), 404: problem } } },
    '/media/{job_id}/download': {
      get: {
        responses: { 200: { headers: { ...etag, ...length }, content: { 'audio/mpeg': {} } }, 304: { headers: etag } },
      },
    },
  },
  components: {
    schemas: {
      Job: {
        type: 'object',
        required: ['id', 'error'],
        properties: {
          id: { type: 'string', format: 'uuid' },
          error: { type: 'string', nullable: true },
          links: { $ref: '#/components/schemas/Links' },
        },
      },
      Links: { type: 'object', properties: { status: { type: 'string' } } },
    },
    responses: {
      NotFound: problem,
      MethodNotAllowed: { ...problem, headers: { Allow: { required: true, schema: { type: 'string' } } } },
    },
  },
});

const STATUS = '/media/1/status?any=query';
const DOWNLOAD = '/media/1/download';
const A_JOB = { id: '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11', error: null, links: { status: '/x' } };

function answer(status: number, type: string | null, body: unknown, headers: Record<string, string> = {}): Response {
  const text = body === null ? null : JSON.stringify(body);
  const response = new Response(text, { status, headers });
  response.headers.delete('content-type');
  if (type !== null) response.headers.set('content-type', type);
  return response;
}

describe('ApiContract', () => {
  it.each([
    ['a job', 'GET', STATUS, answer(200, 'application/json; charset=utf-8', A_JOB)],
    ['a problem', 'GET', STATUS, answer(404, 'application/problem+json', { code: 'not_found' })],
    ['a file', 'GET', DOWNLOAD, answer(200, 'audio/mpeg', 1, { ETag: '"a"', 'Content-Length': '1' })],
    ['its headers alone', 'HEAD', DOWNLOAD, answer(200, 'audio/mpeg', null, { ETag: '"a"', 'Content-Length': '1' })],
    ['a response without a body', 'GET', DOWNLOAD, answer(304, null, null, { ETag: '"a"' })],
    ['an unknown path', 'GET', '/nothing', answer(404, 'application/problem+json', { code: 'x' })],
    ['another method', 'PUT', STATUS, answer(405, 'application/problem+json', { code: 'x' }, { Allow: 'GET' })],
    ['a file of a web page', 'GET', '/docs/a.css', answer(200, 'text/css', null)],
  ])('accepts %s', async (_what, method, path, response) => {
    await expect(sut.check(method, path, response)).resolves.toBeUndefined();
  });

  const json = (body: unknown): Response => answer(200, 'application/json', body);

  it.each([
    ['an undocumented status', STATUS, answer(201, 'application/json', A_JOB), 'the status is not documented'],
    ['a missing field', STATUS, json({ id: A_JOB.id }), "the body: must have required property 'error'"],
    ['a field of another type', STATUS, json({ ...A_JOB, error: 1 }), 'the body/error: must be string'],
    ['a field of another format', STATUS, json({ ...A_JOB, id: 'a' }), 'the body/id: must match format "uuid"'],
    ['an undocumented field', STATUS, json({ ...A_JOB, secret: 1 }), 'the body: must NOT have additional'],
    [
      'an undocumented nested field',
      STATUS,
      json({ ...A_JOB, links: { a: 1 } }),
      'the body/links: must NOT have additional',
    ],
    ['another content type', STATUS, answer(200, 'text/html', A_JOB), 'the content type is text/html, not application'],
    ['no content type', STATUS, answer(200, null, A_JOB), 'the content type is missing, not application/json'],
    ['an undocumented body', DOWNLOAD, answer(304, 'a/b', null, { ETag: '"a"' }), 'content type is a/b, not'],
    ['a missing header', DOWNLOAD, answer(200, 'audio/mpeg', 1, { ETag: '"a"' }), 'header Content-Length is missing'],
    [
      'a header of another format',
      DOWNLOAD,
      answer(304, null, null, { ETag: 'a' }),
      'the header ETag: must match pattern',
    ],
    ['200 for an unknown path', '/nothing', json({}), 'the status is not documented'],
  ])('rejects %s', async (_what, path, response, message) => {
    await expect(sut.check('GET', path, response)).rejects.toThrow(message);
  });

  it('does not consume the body', async () => {
    const response = json(A_JOB);
    await sut.check('GET', STATUS, response);
    expect(await response.json()).toEqual(A_JOB);
  });

  it('ends a wait at once', async () => {
    const broken = (): Promise<void> => sut.check('GET', STATUS, json({}));
    await expect(waitFor(broken)).rejects.toThrow('differs from openapi.json');
  });
});
