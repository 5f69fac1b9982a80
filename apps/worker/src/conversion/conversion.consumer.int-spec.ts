import { randomUUID } from 'node:crypto';
import { Dispatcher } from '@app/dispatch';
import { waitFor } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeTranscoder, hangs, succeeds, waitsFor } from '../../test/fake-transcoder.js';
import { HeldRow } from '../../test/held-row.js';
import { WorkerUnderTest } from '../../test/worker-under-test.js';
import { JobWorkspace } from './job-workspace.js';
import { RunningJobs } from './running-jobs.js';

/** A transcoder whose runs end when the test opens the gate. */
function gate(): { transcoder: FakeTranscoder; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { transcoder: new FakeTranscoder(waitsFor(opened)), open };
}

describe('ConversionConsumer', () => {
  let sut: WorkerUnderTest;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    sut = await WorkerUnderTest.prepare();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await sut.reset();
  });
  afterAll(() => sut.remove());

  /** Closes the worker, so that its unsettled deliveries return, and counts the messages in the queues. */
  async function left(): Promise<{ video: number; dead: number }> {
    await sut.app.close();
    return {
      video: await sut.virtualHost.messageCount('video'),
      dead: await sut.virtualHost.messageCount('video.dead'),
    };
  }

  const running = (count: number) => waitFor(() => sut.transcoder.running === count, { what: 'running jobs' });

  it('runs the job of a message, and acknowledges it', async () => {
    await sut.start(new FakeTranscoder(succeeds()));
    const jobId = await sut.aJob();
    await sut.send(jobId);
    const [job] = await sut.become('DONE', jobId);
    expect(job).toMatchObject({ attempt: 1, leaseOwner: null });
    expect(await left()).toEqual({ video: 0, dead: 0 });
  });

  it('wakes the dispatcher when it has claimed a job, and not for a message that it drops', async () => {
    const wake = vi.spyOn(Dispatcher.prototype, 'wake');
    await sut.start(new FakeTranscoder(succeeds()));
    await waitFor(() => wake.mock.calls.length > 0, { what: 'the wake-up of the registered worker' });
    wake.mockClear();
    const jobId = await sut.aJob();
    await sut.send(randomUUID(), jobId);
    await sut.become('DONE', jobId);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  it('runs a job once, however many copies of its message arrive', async () => {
    const { transcoder, open } = gate();
    await sut.start(transcoder, { concurrency: 4 });
    const [jobId, another] = [await sut.aJob(), await sut.aJob()];
    await sut.send(...Array<string>(10).fill(jobId), another);
    await running(2);
    open();
    await sut.become('DONE', jobId, another);
    expect((await sut.fixture.read(jobId)).attempt).toBe(1);
    expect(transcoder.requests).toHaveLength(2);
    expect(await left()).toEqual({ video: 0, dead: 0 });
  });

  it('acknowledges and drops the message of a job that cannot be claimed', async () => {
    await sut.start(new FakeTranscoder(succeeds()));
    const [done, canceled, live] = [
      await sut.aJob({ status: 'DONE' }),
      await sut.aJob({ status: 'CANCELED' }),
      await sut.aJob(),
    ];
    await sut.send(randomUUID(), done, canceled, live);
    await sut.become('DONE', live);
    expect(await left()).toEqual({ video: 0, dead: 0 });
    expect(sut.transcoder.requests).toHaveLength(1);
  });

  it('never runs more jobs than it has slots, although a lost channel brings more deliveries', async () => {
    const { transcoder, open } = gate();
    await sut.start(transcoder, { concurrency: 2 });
    const jobIds = await Promise.all(Array.from({ length: 6 }, () => sut.aJob()));
    await sut.send(...jobIds);
    await running(2);
    const before = sut.broker.connectionCount;
    sut.broker.cut();
    await waitFor(() => sut.broker.connectionCount === before, { what: 'the reconnect' });
    await sut.consuming();
    // The first two messages are delivered again: they wait for a slot.
    const jobs = sut.app.get(RunningJobs);
    await waitFor(() => jobs.waitingCount === 2, { what: 'new deliveries' });
    sut.broker.cut();
    await waitFor(() => sut.broker.connectionCount === before, { what: 'the second reconnect' });
    await sut.consuming();
    await waitFor(async () => (await sut.virtualHost.messageCount('video')) === 4, { what: 'new deliveries' });
    // The deliveries of the dead channel no longer wait.
    await waitFor(() => jobs.waitingCount === 2, { what: 'the deliveries of the living channel' });
    expect(transcoder.running).toBe(2);
    open();
    const done = await sut.become('DONE', ...jobIds);
    expect(transcoder.mostAtOnce).toBe(2);
    expect(done.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(await left()).toEqual({ video: 0, dead: 0 });
  });

  it('needs three connections to the database, however many jobs it runs', async () => {
    const { transcoder, open } = gate();
    await sut.start(transcoder, { concurrency: 12 });
    const jobIds = await Promise.all(Array.from({ length: 12 }, () => sut.aJob()));
    await sut.send(...jobIds);
    let most = 0;
    const count = async (condition: () => Promise<boolean> | boolean): Promise<boolean> => {
      most = Math.max(most, sut.database.connectionCount);
      return condition();
    };
    await waitFor(() => count(() => transcoder.running === 12), { what: 'running jobs', intervalMs: 1 });
    open();
    const areDone = async (): Promise<boolean> =>
      (await Promise.all(jobIds.map((id) => sut.fixture.read(id)))).every(({ status }) => status === 'DONE');
    await waitFor(() => count(areDone), { what: 'jobs that are DONE', intervalMs: 1 });
    expect(most).toBe(3);
  });

  describe('while the database is unavailable', () => {
    it('holds a delivery, and runs its job when the database is back', async () => {
      await sut.start(new FakeTranscoder(succeeds()));
      await sut.consuming();
      const jobId = await sut.aJob();
      // The delivery arrives just before the consumer pauses.
      vi.spyOn(sut.strategy, 'pause').mockReturnValue();
      await sut.database.refuse();
      sut.database.cut();
      await sut.send(jobId);
      await waitFor(async () => (await sut.virtualHost.messageCount('video')) === 0, { what: 'the delivery' });
      await sut.database.refuse(false);
      await sut.become('DONE', jobId);
      expect(await left()).toEqual({ video: 0, dead: 0 });
    });

    it('consumes only while it holds its lock', async () => {
      await sut.start(new FakeTranscoder(succeeds()));
      await sut.consuming();
      await sut.database.refuse();
      sut.database.cut();
      await waitFor(() => !sut.strategy.state.consuming, { what: 'the pause' });
      const jobId = await sut.aJob();
      await sut.send(jobId);
      expect(await sut.virtualHost.messageCount('video')).toBe(1);
      await sut.database.refuse(false);
      await sut.become('DONE', jobId);
      expect(sut.ownerLock.isHeld).toBe(true);
    });
  });

  it('takes its lock again and continues after the session of the lock has ended', async () => {
    await sut.start(new FakeTranscoder(succeeds()));
    await sut.consuming();
    const calls = [vi.spyOn(sut.strategy, 'pause'), vi.spyOn(sut.strategy, 'resume')];
    await endLockSession(sut);
    await waitFor(() => calls.every(({ mock }) => mock.calls.length === 1), { what: 'pause and resume' });
    const jobId = await sut.aJob();
    await sut.send(jobId);
    await sut.become('DONE', jobId);
  });

  describe('on shutdown', () => {
    it('finishes running jobs within the grace period, and starts no new ones', async () => {
      const { transcoder, open } = gate();
      await sut.start(transcoder, { concurrency: 1 });
      const [current, waiting] = [await sut.aJob(), await sut.aJob()];
      await sut.send(current, waiting);
      await running(1);
      const remaining = left();
      await waitFor(() => !sut.strategy.state.consuming, { what: 'the end of consuming' });
      open();
      expect(await remaining).toEqual({ video: 1, dead: 0 });
      await sut.become('DONE', current);
      expect(await sut.fixture.read(waiting)).toMatchObject({ status: 'PENDING', attempt: 0 });
    });

    it('requeues a job that does not end in time: lease, attempt and message', async () => {
      await sut.start(new FakeTranscoder(hangs()), { drainSeconds: 0 });
      const jobId = await sut.aJob();
      await sut.send(jobId);
      await running(1);
      expect(await left()).toEqual({ video: 1, dead: 0 });
      expect(await sut.fixture.read(jobId)).toMatchObject({ status: 'PENDING', attempt: 1, maxAttempts: 6 });
    });

    it('requeues a delivery that waits for the database', async () => {
      await sut.start(new FakeTranscoder(succeeds()));
      await sut.consuming();
      const jobId = await sut.aJob();
      const row = await HeldRow.take(sut.fixture.env.DATABASE_URL, jobId);
      await sut.send(jobId);
      await row.awaited();
      await sut.database.refuse();
      sut.database.cut();
      expect(await left()).toEqual({ video: 1, dead: 0 });
      await row.letGo();
    });

    it('does not start to consume when it takes its lock again', async () => {
      const { transcoder, open } = gate();
      await sut.start(transcoder);
      const jobId = await sut.aJob();
      await sut.send(jobId);
      await running(1);
      const closed = sut.app.close();
      await waitFor(() => !sut.strategy.state.consuming, { what: 'the end of consuming' });
      const [pause, resume] = [vi.spyOn(sut.strategy, 'pause'), vi.spyOn(sut.strategy, 'resume')];
      await endLockSession(sut);
      await waitFor(() => pause.mock.calls.length > 0 && sut.ownerLock.isHeld, { what: 'the lock taken again' });
      expect(resume).not.toHaveBeenCalled();
      open();
      await closed;
    });

    it('releases its lock and closes every connection', async () => {
      await sut.start(new FakeTranscoder(succeeds()));
      await sut.consuming();
      await sut.become('DONE', await sentJob());
      await sut.app.close();
      await waitFor(() => sut.database.connectionCount + sut.broker.connectionCount === 0, { what: 'closed sockets' });
    });

    it('does so also if its files cannot be removed', async () => {
      await sut.start(new FakeTranscoder(succeeds()));
      await sut.consuming();
      vi.spyOn(sut.app.get(JobWorkspace), 'removeOwn').mockRejectedValue(new Error('ENOTEMPTY'));
      await sut.app.close();
      await waitFor(() => sut.database.connectionCount + sut.broker.connectionCount === 0, { what: 'closed sockets' });
    });

    it.each<[string, () => unknown]>([
      ['the database refuses', () => sut.database.refuse().then(() => sut.database.cut())],
      ['the database is frozen', () => sut.database.hold()],
      ['the broker refuses', () => sut.broker.refuse().then(() => sut.broker.cut())],
      ['the broker is frozen', () => sut.broker.hold()],
    ])('ends although %s, with a job that cannot end', async (_case, fail) => {
      await sut.start(new FakeTranscoder(hangs()), { drainSeconds: 0 });
      await sentJob();
      await running(1);
      await fail();
      await sut.app.close();
      expect(sut.transcoder.running).toBe(0);
    });
  });

  it.each(['database', 'broker'] as const)(
    'ends although its %s freezes just then, with nothing to do',
    async (service) => {
      await sut.start(new FakeTranscoder(succeeds()));
      await sut.consuming();
      sut[service].hold();
      await sut.app.close();
      expect(sut.ownerLock.isHeld).toBe(false);
    },
  );

  it('starts without its services, and converts when they are available', async () => {
    await Promise.all([sut.database.refuse(), sut.broker.refuse()]);
    await sut.start(new FakeTranscoder(succeeds()));
    await sut.broker.refuse(false);
    await waitFor(() => sut.strategy.state.problem === null, { what: 'the broker' });
    const jobId = await sentJob();
    expect(await sut.virtualHost.messageCount('video')).toBe(1);
    await sut.database.refuse(false);
    await sut.become('DONE', jobId);
  });

  async function sentJob(): Promise<string> {
    const jobId = await sut.aJob();
    await sut.send(jobId);
    return jobId;
  }
});

async function endLockSession({ fixture }: WorkerUnderTest): Promise<void> {
  const ended = await fixture.database.rows(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'owner-lock'`,
  );
  expect(ended).toHaveLength(1);
}
