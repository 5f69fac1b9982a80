import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { waitFor } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientUnderTest } from '../../test/client-under-test.js';
import { json, ServiceStub, type StubRequest } from '../../test/service-stub.js';

let service: ServiceStub;
let client: ClientUnderTest;

beforeEach(async () => {
  service = await ServiceStub.start();
  client = await ClientUnderTest.create(service.url);
});
afterEach(async () => {
  await Promise.all([service.stop(), client.remove()]);
});

async function expectMp3(name = 'video.mp3'): Promise<void> {
  expect((await readFile(client.path(name))).equals(service.output)).toBe(true);
}

describe('a download', () => {
  const cutOff = (at: number): void =>
    service.next('GET /media/', (request, response) => {
      if (!request.url?.endsWith('/download')) return false;
      response.writeHead(200, { ETag: `"${service.sha256}"`, 'Content-Length': service.output.length });
      response.write(service.output.subarray(0, at), () => setImmediate(() => response.destroy()));
      return true;
    });

  const downloads = (): StubRequest[] => service.of('GET /media/').filter(({ path }) => path.endsWith('/download'));

  /** Prepares the response to the request after that for the status. */
  const afterStatus = (prepare: () => void): void =>
    service.next('GET /media/', () => {
      prepare();
      return false;
    });

  it('continues after a broken connection', async () => {
    afterStatus(() => cutOff(30_000));
    expect(await client.run([await client.video()])).toMatchObject({ exitCode: 0 });
    await expectMp3();
    const [, second] = downloads();
    expect(second?.headers).toMatchObject({
      'if-range': `"${service.sha256}"`,
      range: expect.stringMatching(/^bytes=[1-9]\d*-$/),
    });
  });

  it('starts again if the service does not continue it', async () => {
    afterStatus(() => {
      cutOff(30_000);
      service.next('GET /media/', (request, response) => {
        expect(request.headers.range).toBeDefined();
        response.end(service.output);
        return true;
      });
    });
    expect(await client.run([await client.video()])).toMatchObject({ exitCode: 0 });
    await expectMp3();
    expect(downloads()).toHaveLength(2);
  });

  it('is whole if the connection breaks after its last byte', async () => {
    afterStatus(() =>
      service.next('GET /media/', (_request, response) => {
        response.writeHead(200, { ETag: `"${service.sha256}"` });
        response.write(service.output, () => setImmediate(() => response.destroy()));
        return true;
      }),
    );
    expect(await client.run([await client.video()])).toMatchObject({ exitCode: 0 });
    await expectMp3();
    expect(downloads()).toHaveLength(1);
  });

  it('does not start forever', async () => {
    afterStatus(() => {
      for (let i = 0; i < 4; i += 1) cutOff(30_000);
    });
    const { exitCode, output } = await client.run([await client.video()]);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/Fetch it later: .* \(download_cut_off\)/);
    expect(downloads()).toHaveLength(4);
    expect(await client.files()).toEqual(['video.mp4']);
  });

  it('that is damaged twice is not kept', async () => {
    afterStatus(() => {
      for (const damaged of [service.output.subarray(1), service.output.subarray(2)]) {
        service.next('GET /media/', (_request, response) => {
          response.end(damaged);
          return true;
        });
      }
    });
    const { exitCode, output } = await client.run([await client.video()]);
    expect(exitCode).toBe(1);
    expect(output).toContain('(download_damaged)');
    expect(await client.files()).toEqual(['video.mp4']);
  });

  it.each([
    ['with a changed byte', (whole: Buffer) => Buffer.concat([whole.subarray(1), Buffer.from('x')])],
    ['too short', (whole: Buffer) => whole.subarray(1)],
    ['too long', (whole: Buffer) => Buffer.concat([whole, whole, whole])],
  ])('that is %s is fetched once more', async (_what, spoil) => {
    afterStatus(() =>
      service.next('GET /media/', (_request, response) => {
        response.end(spoil(service.output));
        return true;
      }),
    );
    expect(await client.run([await client.video()])).toMatchObject({ exitCode: 0 });
    await expectMp3();
    expect(await client.files()).toEqual(['video.mp3', 'video.mp4']);
  });

  it('replaces a file that was created meanwhile with --force only', async () => {
    const appear = (): void => afterStatus(() => void writeFile(client.path('video.mp3'), 'mine'));
    const video = await client.video();
    appear();
    const first = await client.run([video]);
    expect(first.exitCode).toBe(1);
    expect(first.output).toMatch(
      /already exists.*Fetch it later: video-to-mp3 download [\da-f-]{36} \(output_exists\)/,
    );
    expect(await readFile(client.path('video.mp3'), 'utf8')).toBe('mine');
    expect(await client.files()).toEqual(['video.mp3', 'video.mp4']);
    appear();
    expect(await client.run([video, '--force'])).toMatchObject({ exitCode: 0 });
    await expectMp3();
  });

  it('of an earlier upload is made by `download`, under the name that the service knows', async () => {
    await client.run([await client.video('in.mp4')]);
    const [job] = service.jobs.values();
    if (job === undefined) throw new Error('There is no job');
    service.jobs.set(job.id, { ...job, filename: '../../../tmp/evil \u001b[2J.mp4' });
    await mkdir(client.path('out'));
    expect(await client.run(['download', job.id, '--out', client.path('out')])).toMatchObject({ exitCode: 0 });
    await expectMp3('out/evil [2J.mp3');
  });

  it('is stopped at once, and leaves nothing', async () => {
    let isBegun = false;
    afterStatus(() =>
      service.next('GET /media/', (_request, response) => {
        response.writeHead(200, { 'Content-Length': service.output.length });
        response.write(service.output.subarray(0, 1000), () => (isBegun = true));
        return true;
      }),
    );
    const run = client.start([await client.video()]);
    await waitFor(async () => isBegun && (await client.files()).length === 2);
    run.stop.abort();
    const { exitCode, output } = await run.ended;
    expect(exitCode).toBe(130);
    const [id] = service.jobs.keys();
    expect(output).toContain(`The conversion continues. Fetch the MP3 later: video-to-mp3 download ${id}`);
    expect(await client.files()).toEqual(['video.mp4']);
  });

  describe('from a hostile service', () => {
    /** The status of a job whose MP3 is stated to be this large. */
    const stateSize = (size: number | null): void =>
      service.next('GET /media/', (_request, response) => {
        const [job] = service.jobs.values();
        return json(response, 200, { ...job, progress: 100, output_size: size, output_sha256: null });
      });

    it('without a stated size is not written', async () => {
      stateSize(null);
      service.next('GET /media/', (_request, response) => {
        response.writeHead(200);
        return writeForever(response);
      });
      const { exitCode, output } = await client.run([await client.video()]);
      expect(exitCode).toBe(1);
      expect(output).toContain('(download_unbounded)');
      expect(await client.files()).toEqual(['video.mp4']);
    });

    it.each([
      ['states', { 'Content-Length': '1000000000000000' }, null],
      ['claims', {}, 1e15],
    ] as const)('that %s an absurd size is not written', async (_what, headers, size) => {
      stateSize(size);
      service.next('GET /media/', (_request, response) => {
        response.writeHead(200, headers);
        return writeForever(response);
      });
      const { exitCode, output } = await client.run([await client.video()]);
      expect(exitCode).toBe(1);
      expect(output).toContain('(download_unbounded)');
    });

    it('ends where the stated size ends', async () => {
      stateSize(50_000);
      let sent = 0;
      for (let i = 0; i < 2; i += 1) {
        service.next('GET /media/', (_request, response) => {
          response.writeHead(200);
          return writeForever(response, (bytes) => (sent += bytes));
        });
      }
      const { exitCode, output } = await client.run([await client.video()]);
      expect(exitCode).toBe(1);
      expect(output).toContain('(download_damaged)');
      // The bytes that the client has not read yet are in the buffers of two connections.
      expect(sent).toBeLessThan(50_000_000);
      expect(await client.files()).toEqual(['video.mp4']);
    });

    it.each(['POST /auth/register', 'POST /media/upload', 'GET /media/'])(
      'ends an endless response to %s',
      async (request) => {
        let sent = 0;
        service.next(request, (_request, response) => {
          response.writeHead(200, { 'Content-Type': 'application/json' });
          response.write('{"id": "');
          return writeForever(response, (bytes) => (sent += bytes));
        });
        const { exitCode, output, errors } = await client.run([await client.video()]);
        expect(exitCode).not.toBe(0);
        expect(output + errors).toContain('(not_a_service)');
        expect(sent).toBeLessThan(50_000_000);
      },
    );
  });
});

/** Sends as much as the client takes, until it closes the connection. */
function writeForever(response: ServerResponse, onWritten: (bytes: number) => void = () => undefined): true {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const write = (): void => {
    if (response.destroyed) return;
    onWritten(chunk.length);
    response.write(chunk, () => setImmediate(write));
  };
  response.on('error', () => undefined);
  write();
  return true;
}
