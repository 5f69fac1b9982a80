import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest } from '../../test/api-under-test.js';

describe('the page', () => {
  let api: ApiUnderTest;

  beforeAll(async () => {
    api = await ApiUnderTest.start({ variables: { MAX_UPLOAD_BYTES: '5000', REGISTRATION: 'closed' } });
  });
  afterAll(() => api.stop());

  /** Asks like a browser with a cached copy; Node's fetch would add "no-cache", which accepts no copy. */
  const ask = (path: string, etag: string): Promise<Response> =>
    api.fetch(path, { headers: { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' } });

  it('runs its own scripts and styles only, and connects to no other server', async () => {
    const response = await api.fetch('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = (response.headers.get('content-security-policy') ?? '').split('; ');
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]),
    );
    expect(policy.join()).not.toMatch(/unsafe|https?:|\*/);
    expect(await response.text()).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/i);
  });

  it('has every file that it references', async () => {
    const text = await (await api.fetch('/')).text();
    const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(named).toContain('page/main.js');
    for (const path of named) expect((await api.fetch(`/${path}`)).status).toBe(200);
  });

  it('is cached by the browser, which validates it each time', async () => {
    for (const path of ['/', '/page/main.js', '/page/settings.json']) {
      const first = await api.fetch(path);
      expect(first.headers.get('cache-control')).toBe('no-cache');
      const etag = first.headers.get('etag') ?? '';
      const again = await ask(path, etag);
      expect([again.status, await again.text()]).toEqual([304, '']);
      expect((await ask(path, '"another"')).status).toBe(200);
    }
  });

  it('has content types, because the browser must not guess', async () => {
    const types = { 'main.js': 'text/javascript', 'page.css': 'text/css', 'icon.svg': 'image/svg+xml' };
    for (const [name, type] of Object.entries(types)) {
      expect((await api.fetch(`/page/${name}`)).headers.get('content-type')).toContain(type);
    }
  });

  it('knows the settings of uploads, accounts and emails', async () => {
    const response = await api.fetch('/page/settings.json');
    expect(await response.json()).toEqual({ max_upload_bytes: 5000, registration_open: false, email_enabled: false });
  });

  it.each(['..%2Fpage.module.ts', 'words.spec.ts', '%2Fetc%2Fpasswd', 'constructor', 'nothing.js', 'index.ts'])(
    'serves its own files only: not %s',
    async (name) => {
      for (const folder of ['page', 'client']) {
        const response = await api.fetch(`/${folder}/${name}`);
        expect([response.status, await response.json()]).toMatchObject([404, { code: 'not_found' }]);
      }
    },
  );

  it('answers GET and HEAD only', async () => {
    expect((await api.fetch('/', { method: 'HEAD' })).status).toBe(200);
    const rejected = await api.fetch('/', { method: 'POST' });
    expect([rejected.status, rejected.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

it('has no file of other kinds than those that are served, except tests', async () => {
  const names = await readdir(join(import.meta.dirname, 'static'));
  expect(names.filter((name) => !/\.(html|css|js|svg|spec\.ts)$/.test(name))).toEqual([]);
});
