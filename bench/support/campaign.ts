import { setTimeout as delay } from 'node:timers/promises';
import { OwnBroker, OwnDatabase, waitFor } from '@app/testing';
import type { ApiClient } from '../../test/support/api-client.js';
import type { AppProcess } from '../../test/support/app-process.js';
import { FinishedEvents } from '../../test/support/finished-events.js';
import { JobRows, type JobRow } from '../../test/support/job-rows.js';
import { ServiceUnderTest } from '../../test/support/service-under-test.js';
import type { Random } from './random.js';

/** `CAMPAIGN_SEEDS=7 CAMPAIGN_JOBS=20 CAMPAIGN_KILLS=5` makes it shorter, or repeats one. */
export const SEEDS = (process.env['CAMPAIGN_SEEDS'] ?? '1,2,3').split(',').map(Number);
export const JOBS = Number(process.env['CAMPAIGN_JOBS'] ?? 150);
export const KILLS = Number(process.env['CAMPAIGN_KILLS'] ?? 30);

const WORKERS = 2;
const UPLOADERS = 4;
/** Keeps a backlog, so that kills hit jobs in every state. */
const MAX_UNFINISHED = 16;
/** The longest pause between the progress that a kill waits for, and the kill. */
const LONGEST_PAUSE_MS = 500;
const RESTART_MS = 500;
/** The machine can be busy with other things. */
const PATIENT = { timeoutMs: 1_800_000, intervalMs: 100 };
const ENDED = ['DONE', 'FAILED', 'CANCELED'];

export type Victim = 'worker' | 'api' | 'broker' | 'database';

/** Workers die most often: they hold the leases. */
const VICTIMS: readonly Victim[] = ['worker', 'worker', 'worker', 'worker', 'api', 'api', 'broker', 'database'];

export interface AcceptedJob {
  readonly id: string;
  readonly clip: string;
}

/** The whole service with a broker and a database of its own, any of which can be killed while jobs run. */
export class Campaign {
  readonly accepted: AcceptedJob[] = [];
  readonly kills = new Map<Victim, number>();
  private isOver = false;

  private constructor(
    readonly service: ServiceUnderTest,
    readonly rows: JobRows,
    readonly events: FinishedEvents,
    private readonly user: ApiClient,
    private readonly broker: OwnBroker,
    private readonly database: OwnDatabase,
    private readonly random: Random,
  ) {}

  static async start(random: Random): Promise<Campaign> {
    const [broker, database] = await Promise.all([OwnBroker.start(), OwnDatabase.start()]);
    const service = await ServiceUnderTest.start({
      workers: WORKERS,
      rabbitmqUrl: broker.url,
      databaseUrl: database.url,
      env: { WORKER_CONCURRENCY: '2', LOG_LEVEL: 'info' },
    });
    const events = new FinishedEvents(broker.url);
    await events.listen();
    const rows = new JobRows(database.url);
    const user = await service.signIn();
    const campaign = new Campaign(service, rows, events, user, broker, database, random);
    for (const app of [service.api, ...service.workers]) campaign.keepAlive(app);
    return campaign;
  }

  /** Uploads the clips in turn until so many jobs are accepted, and kills a random process again and again meanwhile. */
  async run(clips: readonly string[], jobs: number, kills: number): Promise<void> {
    await Promise.all([
      this.strike(jobs, kills),
      ...Array.from({ length: UPLOADERS }, () => this.keepUploading(clips, jobs)),
    ]);
  }

  /** Waits until every job of the table has ended and its event was received. */
  async ended(): Promise<JobRow[]> {
    const ended = await waitFor(
      async () => {
        const rows = await this.rows.all();
        return rows.every(({ status }) => ENDED.includes(status)) ? rows : null;
      },
      { ...PATIENT, what: 'every job to end' },
    );
    await waitFor(() => this.events.idsByJob().size >= ended.length, { ...PATIENT, what: 'an event for every job' });
    return ended;
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.events.close();
    await this.rows.close();
    await this.service.stop();
    await this.broker.remove();
    await this.database.remove();
  }

  /** As a supervisor does: also a process that ends by itself, for example because its start took too long. */
  private keepAlive(app: AppProcess): void {
    void app.ended().then(async () => {
      await delay(RESTART_MS);
      if (this.isOver) return;
      this.keepAlive(app === this.service.api ? this.service.startApi() : this.service.startWorker());
    });
  }

  private async strike(jobs: number, kills: number): Promise<void> {
    for (let i = 0; i < kills; i += 1) {
      const wanted = Math.floor(((i + 0.5) * jobs) / kills);
      await waitFor(async () => (await this.countEnded()) >= wanted, { ...PATIENT, what: `${wanted} ended jobs` });
      await delay(this.random() * LONGEST_PAUSE_MS);
      const victim = VICTIMS[Math.floor(this.random() * VICTIMS.length)] ?? 'worker';
      await this.kill(victim);
      this.kills.set(victim, (this.kills.get(victim) ?? 0) + 1);
    }
  }

  private async kill(victim: Victim): Promise<void> {
    if (victim === 'api') return this.service.api.kill();
    if (victim === 'worker') {
      const alive = this.service.workers.filter(({ isRunning }) => isRunning);
      return alive[Math.floor(this.random() * alive.length)]?.kill();
    }
    const server = victim === 'broker' ? this.broker : this.database;
    await server.kill();
    await server.restart();
    if (victim === 'broker') await waitFor(() => this.events.listen().then(() => true), { what: 'the broker' });
  }

  private async countEnded(): Promise<number> {
    return (await this.rows.all()).filter(({ status }) => ENDED.includes(status)).length;
  }

  /** Uploads again what got no answer, like a client. */
  private async keepUploading(clips: readonly string[], jobs: number): Promise<void> {
    while (this.accepted.length < jobs) {
      const clip = clips[Math.floor(this.random() * clips.length)] ?? '';
      const response = await this.user.uploadResponse(clip).catch(() => null);
      if (response?.status === 202) {
        this.accepted.push({ id: ((await response.json()) as { id: string }).id, clip });
      } else await delay(LONGEST_PAUSE_MS);
      await waitFor(async () => (await this.rows.all()).length - (await this.countEnded()) < MAX_UNFINISHED, PATIENT);
    }
  }
}
