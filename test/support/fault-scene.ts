import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@app/testing';
import { expect } from 'vitest';
import type { ApiClient, JobView } from './api-client.js';
import type { AppProcess } from './app-process.js';
import { BrokerQueues } from './broker-queues.js';
import { FinishedEvents } from './finished-events.js';
import { JobRows } from './job-rows.js';
import { PacedFfmpeg, ffmpegAt } from './paced-ffmpeg.js';
import { ServiceUnderTest, type ServiceOptions } from './service-under-test.js';

export interface RunningJob {
  readonly id: string;
  readonly ffmpegPid: number;
  readonly worker: AppProcess;
}

/** A running service on directory storage with a user, and methods to cause failures and to verify outcomes. */
export class FaultScene {
  readonly rows: JobRows;
  readonly events: FinishedEvents;
  readonly queues: BrokerQueues;
  user: ApiClient;

  private constructor(
    readonly service: ServiceUnderTest,
    readonly ffmpeg: PacedFfmpeg,
  ) {
    this.rows = new JobRows(service.databaseUrl);
    this.events = new FinishedEvents(service.rabbitmqUrl);
    this.queues = new BrokerQueues(service.rabbitmqUrl);
  }

  static async start(options: ServiceOptions = {}): Promise<FaultScene> {
    const scene = await FaultScene.prepare(options);
    await scene.open(options.workers ?? 1);
    return scene;
  }

  /** Prepares the service without starting its processes. */
  static async prepare(options: ServiceOptions = {}): Promise<FaultScene> {
    const ffmpeg = await PacedFfmpeg.create();
    const env = { WORKER_CONCURRENCY: '2', FFMPEG_PATH: ffmpeg.path, ...options.env };
    return new FaultScene(await ServiceUnderTest.prepare({ ...options, env }), ffmpeg);
  }

  async open(workers: number): Promise<void> {
    this.service.startApi();
    for (let i = 0; i < workers; i += 1) this.service.startWorker();
    await this.service.ready();
    await this.enter();
  }

  /** Signs in a user and consumes the events of finished jobs. */
  async enter(): Promise<void> {
    this.user = await this.service.signIn();
    await this.events.listen();
  }

  /** Uploads a clip and waits until ffmpeg converts it, slowed down to playback speed. */
  async startSlowJob(clip: string): Promise<RunningJob> {
    await this.ffmpeg.slowDown();
    const { id } = await this.user.upload(clip);
    return this.running(id);
  }

  async running(id: string): Promise<RunningJob> {
    const token = await waitFor(async () => (await this.rows.one(id)).lease_token, { what: `a claim of job ${id}` });
    const { pid, workerPid } = await ffmpegAt(token);
    const worker = this.service.workers.find((candidate) => candidate.pid === workerPid);
    if (worker === undefined) throw new Error(`No worker of this service runs job ${id}`);
    return { id, ffmpegPid: pid, worker };
  }

  /** Waits for the end of a job and asserts that it ended once: one output object, one event, this many attempts. */
  async expectDoneOnce(id: string, countedAttempts = 1): Promise<JobView> {
    const job = await this.user.ended(id);
    const row = await this.rows.one(id);
    // A requeued attempt raises the limit instead of lowering the count.
    expect({ id, status: job.status, counted: row.attempt - (row.max_attempts - this.service.maxAttempts) }).toEqual({
      id,
      status: 'DONE',
      counted: countedAttempts,
    });
    await waitFor(() => this.events.idsByJob().has(id), { what: `the event of job ${id}` });
    expect(this.events.idsByJob().get(id)?.size).toBe(1);
    expect(await this.outputs(id)).toEqual([row.output_key]);
    return job;
  }

  /** Returns the keys of the output objects of a job. */
  async outputs(id: string): Promise<string[]> {
    const folder = join(this.service.folder, 'objects/output', id);
    if (!existsSync(folder)) return [];
    return (await readdir(folder)).map((name) => `output/${id}/${name}`);
  }

  /** Removes an object or a folder of objects (by default all) from the store during an action. */
  async withoutObjects(name: string, work: () => Promise<void>): Promise<void> {
    const path = join(this.service.folder, 'objects', name);
    await rename(path, `${path}.away`);
    await work();
    await rename(`${path}.away`, path);
  }

  async stop(): Promise<void> {
    await this.events.close();
    await this.rows.close();
    await this.service.stop();
    await this.ffmpeg.remove();
  }
}
