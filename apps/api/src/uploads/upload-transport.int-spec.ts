import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ApiUnderTest, aVideo } from '../../test/api-under-test.js';
import { headLines, RawClient } from '../../test/raw-client.js';

const run = promisify(execFile);
const MAX_UPLOAD_BYTES = 5_000_000;
const WINDOW_MS = 1000;
const PART_HEAD = '--x\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n\r\n';
const FORM_END = '\r\n--x--\r\n';

describe('an upload on the wire', () => {
  let api: ApiUnderTest;
  let authorization: string;

  beforeAll(async () => {
    api = await ApiUnderTest.start({
      variables: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) },
      pace: { minBytesPerSecond: 1024, windowMs: WINDOW_MS },
    });
    authorization = (await api.signIn('ada')).headers.Authorization;
  });
  afterAll(() => api.stop());
  afterEach(() => vi.restoreAllMocks());

  function uploadHead(...headers: string[]): string {
    return headLines(
      'POST /media/upload HTTP/1.1',
      'Host: api',
      'Content-Type: multipart/form-data; boundary=x',
      ...headers,
    );
  }

  function chunk(data: string | Buffer): Buffer {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
  }

  describe('with Expect: 100-continue', () => {
    it.each([
      ['401', () => ['Content-Length: 1000']],
      ['413', () => ['Content-Length: 9000000', `Authorization: ${authorization}`]],
      ['503', () => ['Content-Length: 1000', `Authorization: ${authorization}`]],
    ])('gets %s instead of 100 Continue', async (status, headers) => {
      if (status === '503') vi.spyOn(api.storage, 'check').mockRejectedValue(new Error('down'));
      const client = await RawClient.connect(api.port);
      client.send(uploadHead('Expect: 100-continue', ...headers()));
      const answer = await client.closed;
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer).not.toContain('100 Continue');
      expect(answer).toContain('application/problem+json');
    });

    it('gets 100 Continue for an accepted upload', async () => {
      const body = `${PART_HEAD}${aVideo().toString('latin1')}${FORM_END}`;
      const client = await RawClient.connect(api.port);
      client.send(
        uploadHead('Expect: 100-continue', `Authorization: ${authorization}`, `Content-Length: ${body.length}`),
      );
      await waitFor(() => client.received.startsWith('HTTP/1.1 100 Continue'));
      client.send(body);
      await waitFor(() => client.received.includes('HTTP/1.1 202 Accepted'));
      client.leave();
    });

    it('gets 100 Continue for other requests as well', async () => {
      const body = JSON.stringify({ username: 'nobody', password: 'wrong password' });
      const client = await RawClient.connect(api.port);
      client.send(
        headLines(
          'POST /auth/login HTTP/1.1',
          'Host: api',
          'Content-Type: application/json',
          'Expect: 100-continue',
          `Content-Length: ${body.length}`,
        ),
      );
      await waitFor(() => client.received.startsWith('HTTP/1.1 100 Continue'));
      client.send(body);
      await waitFor(() => client.received.includes('HTTP/1.1 401 '));
      client.leave();
    });
  });

  it('is rejected while the client is still sending, and closed if the client never stops', async () => {
    const client = await RawClient.connect(api.port);
    client.send(uploadHead('Transfer-Encoding: chunked', `Authorization: ${authorization}`));
    client.send(chunk(`${PART_HEAD}\x89PNG\r\n\x1a\n and so on`));
    await waitFor(() => client.received.includes('"code":"unsupported_media_type"'));
    expect(client.received).toMatch(/^HTTP\/1.1 415 /);
    expect(client.isOpen).toBe(true);

    const sentBytes = await client.sendUntilClosed(chunk(randomBytes(1024 ** 2)));
    expect(sentBytes).toBeGreaterThan(64 * 1024 ** 2);
  });

  it('of unknown length is rejected at the limit', async () => {
    const client = await RawClient.connect(api.port);
    client.send(uploadHead('Transfer-Encoding: chunked', `Authorization: ${authorization}`));
    client.send(chunk(PART_HEAD));
    client.send(chunk(aVideo(MAX_UPLOAD_BYTES + 1)));
    await waitFor(() => client.received.includes('"code":"payload_too_large"'));
    client.leave();
    await api.nothingButJobs();
  });

  it('with a large preamble is rejected at the limit', async () => {
    const client = await RawClient.connect(api.port);
    client.send(uploadHead('Transfer-Encoding: chunked', `Authorization: ${authorization}`));
    for (let sent = 0; sent <= MAX_UPLOAD_BYTES + 100_000; sent += 100_000)
      client.send(chunk(Buffer.alloc(100_000, 1)));
    await waitFor(() => client.received.includes('"code":"payload_too_large"'));
    client.leave();
  });

  it('that stops sending is rejected as too slow', async () => {
    const client = await RawClient.connect(api.port);
    client.send(uploadHead('Content-Length: 100000', `Authorization: ${authorization}`));
    client.send(`${PART_HEAD}${aVideo(500).toString('latin1')}`);
    await waitFor(() => client.received.includes('"code":"upload_too_slow"'));
    expect(client.received).toMatch(/^HTTP\/1.1 408 /);
    client.leave();
    await api.nothingButJobs();
  });

  it('that is slow but above the minimum pace is accepted', async () => {
    const body = `${PART_HEAD}${aVideo(15_000).toString('latin1')}${FORM_END}`;
    const client = await RawClient.connect(api.port);
    client.send(uploadHead(`Content-Length: ${body.length}`, `Authorization: ${authorization}`));
    for (let sent = 0; sent < body.length; sent += 500) {
      client.send(body.slice(sent, sent + 500));
      await delay(WINDOW_MS / 10);
    }
    await waitFor(() => client.received.startsWith('HTTP/1.1 202 '));
    client.leave();
  });

  it('that is slow because of storage is accepted', async () => {
    const write = api.storage.write.bind(api.storage);
    vi.spyOn(api.storage, 'write').mockImplementation(async (key, body, options) => {
      await delay(WINDOW_MS * 2.5);
      return write(key, body, options);
    });
    const body = `${PART_HEAD}${aVideo(3_000_000).toString('latin1')}${FORM_END}`;
    const client = await RawClient.connect(api.port);
    client.send(uploadHead(`Content-Length: ${body.length}`, `Authorization: ${authorization}`));
    client.send(body);
    await waitFor(() => client.received.startsWith('HTTP/1.1 202 '));
    client.leave();
  });

  it.each([
    ['before the file', ''],
    ['in the head of the file', `${PART_HEAD}\0\0\0`],
    ['in the middle of the file', `${PART_HEAD}${aVideo(1_000_000).toString('latin1')}`],
  ])('whose client disconnects %s leaves nothing in storage and is not logged as an error', async (_name, begun) => {
    const jobs = await api.jobCount();
    const client = await RawClient.connect(api.port);
    client.send(uploadHead('Content-Length: 4000000', `Authorization: ${authorization}`, 'Expect: 100-continue'));
    // If the client left before its head was read, there would be no request.
    await waitFor(() => client.received.startsWith('HTTP/1.1 100 Continue'), { what: 'the start of the upload' });
    client.send(begun);
    await waitFor(() => client.isFlushed);
    api.logs.length = 0;
    client.leave();
    await waitFor(() => api.logs.some(({ text }) => text.includes('upload_aborted')), { what: 'the log line' });
    await api.nothingButJobs();
    expect(await api.jobCount()).toBe(jobs);
    expect(api.complaints).toEqual([]);
  });

  describe('that is rejected gets a readable response in', () => {
    const picture = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(20_000_000)]);
    let folder: string;
    let file: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rejected-'));
      file = join(folder, 'clip.mp4');
      await writeFile(file, picture);
    });
    afterAll(() => rm(folder, { recursive: true }));

    /** Rejected by Content-Length (413) or, without it, by the content (415). */
    const cases = [
      ['its length', 413],
      ['its content', 415],
    ] as const;

    it.each(cases)("Node's http module, by %s", async (_name, status) => {
      const seen = await new Promise<number | undefined>((resolve, reject) => {
        const body = Buffer.concat([Buffer.from(PART_HEAD), picture, Buffer.from(FORM_END)]);
        const headers = {
          Authorization: authorization,
          'Content-Type': 'multipart/form-data; boundary=x',
          ...(status === 413 ? { 'Content-Length': body.length } : {}),
        };
        const sending = httpRequest(`${api.url}/media/upload`, { method: 'POST', headers }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode));
        });
        sending.once('error', reject);
        Readable.from([body]).pipe(sending);
      });
      expect(seen).toBe(status);
    });

    it.each(cases)("Node's fetch, by %s", async (_name, status) => {
      const form = Buffer.concat([Buffer.from(PART_HEAD), picture, Buffer.from(FORM_END)]);
      const body = status === 413 ? form : Readable.toWeb(Readable.from([form]));
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      const response = await api.fetch('/media/upload', {
        ...init,
        headers: { Authorization: authorization, 'Content-Type': 'multipart/form-data; boundary=x' },
      });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ status });
    });

    describe.each([
      ['with Expect', 'Expect: 100-continue'],
      ['without Expect', 'Expect:'],
    ])('curl %s,', (_expect, expectHeader) => {
      it.each(cases)('by %s', async (_name, status) => {
        if (!(await isInstalled('curl'))) return skipped('curl');
        const length = status === 413 ? [] : ['-HTransfer-Encoding: chunked'];
        const { stdout } = await run('curl', [
          '-sS',
          '-w %{http_code} %{size_upload}',
          `-H${expectHeader}`,
          `-HAuthorization: ${authorization}`,
          ...length,
          `-Ffile=@${file}`,
          `${api.url}/media/upload`,
        ]);
        expect(stdout).toContain(`"status":${status}`);
        const [code, sentBytes] = stdout.split(' ').slice(-2);
        expect(code).toBe(String(status));
        if (status === 413 && expectHeader === 'Expect: 100-continue') expect(sentBytes).toBe('0');
      });
    });

    it.each(cases)("Python's http.client, by %s", async (_name, status) => {
      if (!(await isInstalled('python3'))) return skipped('python3');
      const { stdout } = await run('python3', [
        '-c',
        PYTHON_UPLOAD,
        String(api.port),
        authorization,
        file,
        String(status),
      ]);
      expect(stdout).toContain(`seen ${status} {`);
    });
  });
});

const PYTHON_UPLOAD = `
import http.client, sys
port, token, path, status = sys.argv[1:]
body = b'${PART_HEAD.replaceAll('\r\n', '\\r\\n')}' + open(path, 'rb').read() + b'${FORM_END.replaceAll('\r\n', '\\r\\n')}'
connection = http.client.HTTPConnection('127.0.0.1', int(port), timeout=60)
headers = {'Authorization': token, 'Content-Type': 'multipart/form-data; boundary=x'}
if status == '413':
    connection.request('POST', '/media/upload', body, headers)
else:
    pieces = (body[i:i + 65536] for i in range(0, len(body), 65536))
    connection.request('POST', '/media/upload', pieces, headers, encode_chunked=True)
response = connection.getresponse()
print('seen', response.status, response.read().decode())
`;

async function isInstalled(program: string): Promise<boolean> {
  return run(program, ['--version']).then(
    () => true,
    () => false,
  );
}

function skipped(program: string): void {
  console.warn(`SKIPPED: ${program} is not installed, so its view of a rejected upload is not tested`);
}
