import { randomUUID } from 'node:crypto';
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

const linesOf = (output: string): string[] => output.split('\n').filter((line) => line !== '');
const jsonOf = (output: string): Record<string, unknown>[] =>
  linesOf(output).map((line) => JSON.parse(line) as Record<string, unknown>);

/** Does the next request that begins like this, and loses its response. */
function loseResponse(start: string, happen: () => void): void {
  service.next(start, (request) => {
    happen();
    request.socket.destroy();
    return true;
  });
}

describe('list', () => {
  it('reads as many pages as the limit needs, newest first, and says that there are more', async () => {
    const ids = Array.from({ length: 260 }, () => service.addJob({}).id).toReversed();
    const { exitCode, output, errors } = await client.run(['list', '--json', '--limit', '250']);
    expect(exitCode).toBe(0);
    expect(jsonOf(output).map(({ id }) => id)).toEqual(ids.slice(0, 250));
    expect(service.of('GET /media?').map(({ path }) => path)).toEqual([
      '/media?limit=100',
      '/media?limit=100&cursor=100',
      '/media?limit=50&cursor=200',
    ]);
    expect(errors).toContain('There are more jobs. Show them with a larger --limit than 250.');
  });

  it('goes on after a page without jobs', async () => {
    service.next('GET /media?', (_request, response) => json(response, 200, { items: [], next_cursor: '0' }));
    const { id } = service.addJob({});
    const { output, errors } = await client.run(['list']);
    expect(output).toContain(id);
    expect(errors).not.toContain('There are');
  });

  it('shows what each status adds', async () => {
    service.addJob({ filename: 'done.mp4' });
    service.addJob({ filename: 'mute.mp4', status: 'FAILED', error: 'no_audio_stream', error_message: 'No audio.' });
    service.addJob({ filename: 'waits\u001b[2J.mp4', status: 'PENDING' });
    const { output } = await client.run(['list']);
    expect(linesOf(output).map((line) => line.slice(38))).toEqual([
      expect.stringMatching(/^PENDING {5}2026-\d\d-\d\d \d\d:\d\d  waits\[2J\.mp4$/),
      expect.stringMatching(/^FAILED {6}2026-\d\d-\d\d \d\d:\d\d  mute\.mp4  No audio\. \(no_audio_stream\)$/),
      expect.stringMatching(/^DONE {8}2026-\d\d-\d\d \d\d:\d\d  done\.mp4  0:13 · 110 kB$/),
    ]);
  });

  it('filters by status and file name', async () => {
    const wanted = service.addJob({ filename: 'a talk.mp4', status: 'FAILED' });
    service.addJob({ filename: 'a talk.mp4', status: 'PENDING' });
    service.addJob({ filename: 'song.mp4', status: 'FAILED' });
    const { output } = await client.run([
      'list',
      '--json',
      '--status',
      'failed',
      '--status',
      'DONE',
      '--search',
      'a t',
    ]);
    expect(jsonOf(output)).toEqual([expect.objectContaining({ id: wanted.id, filename: 'a talk.mp4' })]);
  });

  it('says that there are no jobs', async () => {
    const { exitCode, output, errors } = await client.run(['list']);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: '' });
    expect(errors).toContain('There are no such jobs.');
  });

  it('fails with the sentence of the service', async () => {
    service.next('GET /media?', (_request, response) => problem(response, 400, 'validation_failed', 'Too long.'));
    const { exitCode, errors } = await client.run(['list', '--search', 'x']);
    expect(exitCode).toBe(1);
    expect(errors).toContain('Too long. (validation_failed)');
  });
});

describe('a command for jobs', () => {
  it('does what it says with each of them', async () => {
    const [a, b] = [service.addJob({ status: 'PENDING' }), service.addJob({ status: 'PROCESSING' })];
    const statusesAfter = async (command: string): Promise<unknown[]> => {
      const { exitCode, output } = await client.run([command, a.id, b.id, '--json']);
      expect(exitCode).toBe(0);
      expect(jsonOf(output).map(({ id }) => id)).toEqual([a.id, b.id]);
      return jsonOf(output).map(({ status }) => status);
    };
    expect(await statusesAfter('status')).toEqual(['PENDING', 'PROCESSING']);
    expect(await statusesAfter('cancel')).toEqual(['CANCELED', 'CANCELED']);
    expect(await statusesAfter('retry')).toEqual(['PENDING', 'PENDING']);
    expect(await statusesAfter('delete')).toEqual(['DELETED', 'DELETED']);
    expect(service.jobs.size).toBe(0);
  });

  it('goes on after a job that fails, and names it', async () => {
    const [unknown, done, pending] = [randomUUID(), service.addJob({}), service.addJob({ status: 'PENDING' })];
    const { exitCode, output } = await client.run(['cancel', unknown, done.id, pending.id]);
    expect(exitCode).toBe(1);
    expect(linesOf(output).slice(-3)).toEqual([
      `✗ ${unknown}: There is no conversion job with this id. (not_found)`,
      `✗ ${done.id}: The job is DONE. (cancel_not_possible)`,
      expect.stringMatching(new RegExp(`^${pending.id}  CANCELED `)),
    ]);
    const failed = await client.run(['status', unknown, '--json']);
    expect(failed.exitCode).toBe(1);
    expect(jsonOf(failed.output)).toEqual([
      { id: unknown, status: null, error: 'not_found', error_message: 'There is no conversion job with this id.' },
    ]);
  });

  it('succeeds if it happened and only the response was lost', async () => {
    const [a, b] = [service.addJob({ status: 'FAILED' }), service.addJob({})];
    loseResponse('POST /media/', () => (a.status = 'PENDING'));
    const retried = await client.run(['retry', a.id, '--json']);
    expect(retried.exitCode).toBe(0);
    expect(jsonOf(retried.output)).toMatchObject([{ id: a.id, status: 'PENDING' }]);
    loseResponse('DELETE /media/', () => service.jobs.delete(b.id));
    expect(await client.run(['delete', b.id])).toMatchObject({ exitCode: 0, output: `${b.id}  deleted\n` });
    // Without a lost response, both are errors.
    expect(await client.run(['retry', a.id])).toMatchObject({ exitCode: 1 });
    expect(await client.run(['delete', b.id])).toMatchObject({ exitCode: 1 });
  });

  it('ends with Ctrl-C', async () => {
    const job = service.addJob({});
    const run = client.start(['status', job.id]);
    service.next('GET /media/', () => {
      run.stop.abort();
      return true;
    });
    expect(await run.ended).toMatchObject({ exitCode: 130 });
  });
});
