import { appendFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientUnderTest } from '../../test/client-under-test.js';
import { json, problem, ServiceStub } from '../../test/service-stub.js';

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

/** The one line of a run with `--json`. */
const result = (output: string): Record<string, unknown> => JSON.parse(output) as Record<string, unknown>;

describe('an upload', () => {
  it('is sent three at a time, however many there are, and each gets its MP3', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `${index}.mp4`);
    const videos = await Promise.all(names.map((name) => client.video(name, 3_000_000)));
    expect(await client.run(videos)).toMatchObject({ exitCode: 0 });
    expect(service.uploadsAtOnce).toBe(3);
    expect(await client.files()).toEqual(names.flatMap((name) => [name.replace('mp4', 'mp3'), name]).toSorted());
  });

  it.each([
    ['asks for an email with --notify', ['--notify'], ['notify=email', 'file=']],
    ['leaves emails to the profile without it', [], ['file=']],
  ])('%s', async (_name, options, fields) => {
    expect(await client.run([...options, await client.video()])).toMatchObject({ exitCode: 0 });
    const sent = [...(service.forms[0] ?? '').matchAll(/form-data; name="(\w+)"(?:\r\n\r\n(\w+)\r\n)?/g)];
    expect(sent.map(([, name, value = '']) => `${name}=${value}`)).toEqual(fields);
    await expectMp3();
  });

  it('says that no email will come without a verified address', async () => {
    const NOTE = 'No email will come: your account has no verified email address.';
    expect((await client.run(['--notify', await client.video('a.mp4')])).output).not.toContain(NOTE);
    service.isEmailVerified = false;
    expect((await client.run(['--notify', await client.video('b.mp4')])).output).toContain(NOTE);
    expect((await client.run([await client.video('c.mp4')])).output).not.toContain(NOTE);
  });

  it('that asks for an email of a service that sends none is not sent', async () => {
    service.next('POST /media/upload', (_request, response) =>
      problem(response, 403, 'email_disabled', 'This service sends no email.'),
    );
    const { exitCode, output } = await client.run(['--notify', await client.video('video.mp4', 5_000_000)]);
    expect(exitCode).toBe(1);
    expect(output).toContain('video.mp4: This service sends no email. (email_disabled)');
    expect(service.of('POST /media/upload')).toMatchObject([{ bodyBytes: 0 }]);
  });

  it('whose headers are rejected is not sent', async () => {
    service.next('POST /media/upload', async (request, response) => {
      request.resume();
      // Anything that was sent together with the headers has arrived by then.
      await setImmediate();
      return problem(response, 413, 'payload_too_large', 'Too large.');
    });
    const { exitCode, output } = await client.run([await client.video('video.mp4', 5_000_000)]);
    expect(exitCode).toBe(1);
    expect(output).toContain(
      'video.mp4: The video is larger than this service accepts. Cut it into parts. (payload_too_large)',
    );
    const [upload] = service.of('POST /media/upload');
    expect(upload).toMatchObject({ bodyBytes: 0, headers: { expect: '100-continue' } });
  });

  it('is sent again if the connection broke in the middle', async () => {
    service.next('POST /media/upload', (request, response) => {
      response.writeContinue();
      request.resume().once('data', () => request.socket.destroy());
      return true;
    });
    const { exitCode, output } = await client.run([await client.video('video.mp4', 5_000_000)]);
    expect(exitCode).toBe(0);
    expect(output.match(/Retrying for up to/g)).toHaveLength(1);
    expect(output.match(/responds again/g)).toHaveLength(1);
    expect(service.jobs.size).toBe(1);
    await expectMp3();
  });

  it('is sent again if its response was lost, which can create a second job', async () => {
    service.next('POST /media/upload', (request, response) => {
      response.writeContinue();
      request.resume().once('end', () => request.socket.destroy());
      return true;
    });
    expect(await client.run([await client.video()])).toMatchObject({ exitCode: 0 });
    expect(service.count('POST /media/upload')).toBe(2);
    await expectMp3();
  });

  it('is not sent forever', async () => {
    for (let i = 0; i < 4; i += 1) {
      service.next('POST /media/upload', (request, response) => {
        response.writeContinue();
        const received = service.requests.at(-1);
        request.resume().on('data', () => (received?.bodyBytes ?? 0) > 2_000_000 && request.socket.destroy());
        return true;
      });
    }
    const { exitCode, output } = await client.run(['--json', await client.video('video.mp4', 5_000_000)]);
    expect(exitCode).toBe(1);
    expect(result(output)).toMatchObject({ status: 'FAILED', error: 'service_unreachable', job_id: null });
    expect(service.count('POST /media/upload')).toBe(4);
  });

  it.each(['POST /media/upload', 'GET /media/'])('is repeated if the service fails at %s', async (start) => {
    service.next(start, (_request, response) => problem(response, 500, 'internal_error', 'Something went wrong.'));
    expect(await client.run([await client.video()])).toMatchObject({ exitCode: 0 });
    await expectMp3();
  });

  it('waits for a service that is not back at once, however often it has to ask', async () => {
    for (let i = 0; i < 4; i += 1) {
      service.next('POST /media/upload', (request) => {
        request.socket.destroy();
        return true;
      });
    }
    const { exitCode, output } = await client.run([await client.video()]);
    expect(exitCode).toBe(0);
    expect(output.match(/Retrying for up to/g)).toHaveLength(1);
    expect(service.count('POST /media/upload')).toBe(5);
  });

  it('waits if the service asks for it', async () => {
    service.next('POST /media/upload', (_request, response) =>
      problem(response, 503, 'storage_unavailable', 'Files cannot be stored right now.', { 'Retry-After': '1' }),
    );
    const { exitCode, output } = await client.run([await client.video()]);
    expect(exitCode).toBe(0);
    expect(output).toContain('Files cannot be stored right now. Retrying for up to 300 s.');
  });

  it('of a file that grows during the upload is not completed', async () => {
    const video = await client.video('video.mp4', 5_000_000);
    service.next('POST /media/upload', async () => {
      await appendFile(video, 'more');
      return false;
    });
    const { exitCode, output } = await client.run([video]);
    expect(exitCode).toBe(1);
    expect(output).toContain('(file_changed)');
    expect(service.jobs.size).toBe(0);
  });

  it('goes to a service below a path', async () => {
    expect(await client.run([await client.video(), '--url', `${service.url}/prefix/`])).toMatchObject({ exitCode: 0 });
    expect(service.requests.filter(({ path }) => !path.startsWith('/prefix/'))).toEqual([]);
  });
});

describe('a redirect', () => {
  it('is not followed, and no token is shown to where it leads', async () => {
    const other = await ServiceStub.start();
    await client.run([await client.video('a.mp4')]);
    for (const start of ['GET /auth/me', 'POST /media/upload']) {
      service.next(start, (_request, response) => json(response, 307, {}, { Location: `${other.url}/there` }));
      const { exitCode, output, errors } = await client.run([await client.video(`b${start.length}.mp4`)]);
      expect(exitCode).not.toBe(0);
      expect(output + errors).toContain(`The service redirects to ${other.url}. Nothing was sent there.`);
    }
    expect(other.requests).toEqual([]);
    await other.stop();
  });
});

describe('a service', () => {
  it('that stays unavailable ends the command, which shows the id of the job and how to fetch it', async () => {
    service.next('GET /media/', (request) => {
      request.socket.destroy();
      void service.stop();
      return true;
    });
    const { exitCode, output } = await client.run([await client.video(), '--wait', '1']);
    expect(exitCode).toBe(1);
    const [id] = service.jobs.keys();
    expect(output).toContain(`Waiting was given up. Fetch it later: video-to-mp3 download ${id} (service_unreachable)`);
    service = await ServiceStub.start();
  });

  it('that nobody runs is named, with what to do, and with a line for each file', async () => {
    const port = await unusedPort();
    const videos = [await client.video('a.mp4'), await client.video('b.mp4')];
    const run = await client.run([...videos, '--json', '--url', `http://127.0.0.1:${port}`]);
    expect(run.exitCode).toBe(3);
    expect(run.errors).toContain(
      `Nothing answers at http://127.0.0.1:${port}. Start the service in another shell (npm start)`,
    );
    const lines = run.output.trimEnd().split('\n').map(result);
    expect(lines).toEqual(
      videos.map((source) => expect.objectContaining({ source, status: 'FAILED', error: 'service_unreachable' })),
    );
  });

  it('that is another server is reported', async () => {
    await client.run([await client.video('a.mp4')]);
    service.next('GET /auth/me', (_request, response) => {
      response.writeHead(404).end('<h1>Not here</h1>');
      return true;
    });
    const { exitCode, errors } = await client.run([await client.video('b.mp4')]);
    expect(exitCode).toBe(3);
    expect(errors).toContain('is not a video-to-mp3 service');
  });

  it('that can sign nobody in is given up, with a line for each file', async () => {
    service.next('POST /auth/register', (_request, response) =>
      problem(response, 503, 'database_unavailable', 'The database does not answer.'),
    );
    const { exitCode, output, errors } = await client.run(['--json', await client.video(), '--wait', '0']);
    expect(exitCode).toBe(3);
    expect(result(output)).toMatchObject({ status: 'FAILED', error: 'database_unavailable', job_id: null });
    expect(errors).toContain('The database does not answer. (database_unavailable)');
  });

  it('that changes the protocol is no service, and is not waited for', async () => {
    service.next('POST /auth/register', (request) => {
      request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
      return true;
    });
    const { exitCode, errors } = await client.run([await client.video()]);
    expect(exitCode).toBe(3);
    expect(errors).toMatch(/cannot be used: .+\./);
  });

  it('of another name is used, whatever is wrong with the usual one', async () => {
    const run = await new ClientUnderTest(client.folder, 'mp3.example.org').run([
      await client.video(),
      '--url',
      service.url,
    ]);
    expect(run).toMatchObject({ exitCode: 0, errors: '' });
  });

  it('that is asked for when the user stops everything leaves a line for each file', async () => {
    const run = client.start(['--json', await client.video()]);
    service.next('POST /auth/register', () => {
      run.stop.abort();
      return true;
    });
    const { exitCode, output } = await run.ended;
    expect(exitCode).toBe(130);
    expect(result(output)).toMatchObject({ status: 'STOPPED', job_id: null, error: null });
  });

  it('cannot draw on the screen with what it says', async () => {
    service.next('GET /media/', (_request, response) => {
      const [job] = service.jobs.values();
      return json(response, 200, {
        ...job,
        status: 'FAILED',
        error: 'x\u001b]0;',
        error_message: 'Bad \u001b[2J\nnews.',
      });
    });
    const { exitCode, output } = await client.run([await client.video()]);
    expect(exitCode).toBe(1);
    expect(output).toContain('Bad [2J news. (x]0;)');
    expect(output).not.toContain('\u001b');
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
