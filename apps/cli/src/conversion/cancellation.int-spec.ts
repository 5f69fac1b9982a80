import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientUnderTest, type ClientRun } from '../../test/client-under-test.js';
import { problem, ServiceStub } from '../../test/service-stub.js';

let service: ServiceStub;
let client: ClientUnderTest;

beforeEach(async () => {
  service = await ServiceStub.start();
  client = await ClientUnderTest.create(service.url);
});
afterEach(async () => {
  await Promise.all([service.stop(), client.remove()]);
});

/** Stops the run when it asks for the status of its job, which is still being converted. */
function stopWhileConverting(run: ClientRun): void {
  service.next('GET /media/', () => {
    for (const job of service.jobs.values()) job.status = 'PROCESSING';
    run.stop.abort();
    return true;
  });
}

describe('a run that is stopped', () => {
  it('cancels the job that it has created', async () => {
    const run = client.start(['--json', await client.video()]);
    stopWhileConverting(run);
    const { exitCode, output, errors } = await run.ended;
    expect(exitCode).toBe(130);
    const [job] = service.jobs.values();
    expect(job?.status).toBe('CANCELED');
    expect(JSON.parse(output)).toMatchObject({ status: 'CANCELED', job_id: job?.id, error: null });
    expect(errors).not.toContain('Fetch the MP3 later');
  });

  it('says that the conversion continues if the service cannot cancel it', async () => {
    const run = client.start([await client.video()]);
    stopWhileConverting(run);
    service.next('POST /media/', () => false);
    service.next('POST /media/', (_request, response) => problem(response, 503, 'database_unavailable', 'Later.'));
    const { exitCode, output } = await run.ended;
    expect(exitCode).toBe(130);
    const [id] = service.jobs.keys();
    expect(output).toContain('stopped; its conversion continues at the service');
    expect(output).toContain(`The conversion continues. Fetch the MP3 later: video-to-mp3 download ${id}`);
  });

  it('does not cancel a job of an earlier run', async () => {
    const { id } = service.addJob({});
    const run = client.start(['download', id]);
    stopWhileConverting(run);
    expect(await run.ended).toMatchObject({ exitCode: 130 });
    expect(service.count('POST /media/')).toBe(0);
  });
});

describe('--detach', () => {
  it('ends after the uploads, and names the jobs and how to download them', async () => {
    // Existing MP3s, or two videos of one name, do not matter: nothing is written.
    const videos = [await client.video('a.mp4'), await client.video('a.mkv'), await client.video('a.mp3')];
    const { exitCode, output } = await client.run(['--detach', ...videos]);
    expect(exitCode).toBe(0);
    for (const id of service.jobs.keys()) expect(output).toContain(`uploaded (job ${id})`);
    expect(output).toContain('3 of 3 uploaded.');
    expect(output).toMatch(/The conversion continues. Fetch the MP3 later: video-to-mp3 download( [\da-f-]{36}){3}\n/);
    expect(service.count('GET /media/')).toBe(0);
    expect(await client.files()).toEqual(['a.mkv', 'a.mp3', 'a.mp4']);
  });

  it('reports files that were not uploaded', async () => {
    const { exitCode, output } = await client.run([
      '--detach',
      '--json',
      await client.video(),
      client.path('gone.mp4'),
    ]);
    expect(exitCode).toBe(1);
    const lines = output.trimEnd().split('\n');
    const results = lines
      .map((line) => JSON.parse(line) as { source: string })
      .toSorted((a, b) => a.source.localeCompare(b.source));
    expect(results).toMatchObject([
      { status: 'FAILED', error: 'file_not_found', job_id: null },
      { status: 'DONE', output: null, job_id: [...service.jobs.keys()][0] },
    ]);
  });
});
