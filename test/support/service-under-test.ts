import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, createVirtualHost, testServices, waitFor } from '@app/testing';
import { connect } from 'amqplib';
import { ApiClient } from './api-client.js';
import { AppProcess, runApp, type AppName } from './app-process.js';
import type { Readiness } from './readiness.js';

export type StorageKind = 'directory' | 'minio';

export interface ServiceOptions {
  readonly storage?: StorageKind;
  readonly workers?: number;
  /** A broker or database for this test, instead of a part of the shared one. */
  readonly rabbitmqUrl?: string;
  readonly databaseUrl?: string;
  /** Added to the environment of every process. Overrides the defaults. */
  readonly env?: Readonly<Record<string, string>>;
  /** `false`: the test calls `setUp()` itself. */
  readonly isSetUp?: boolean;
}

/** Tests create many accounts from one address. */
const WITHOUT_LIMITS = { LOGIN_FAILURES_PER_ACCOUNT: '0', LOGINS_PER_ADDRESS: '0', REGISTRATIONS_PER_ADDRESS: '0' };

/** The whole service as real processes, with its own database, virtual host and storage. */
export class ServiceUnderTest {
  readonly workers: AppProcess[] = [];
  api: AppProcess;
  private started = 0;

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly databaseUrl: string,
    readonly rabbitmqUrl: string,
    private readonly removals: readonly (() => Promise<void>)[],
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async start(options: ServiceOptions = {}): Promise<ServiceUnderTest> {
    const service = await ServiceUnderTest.prepare(options);
    service.startApi();
    const { workers = 1 } = options;
    for (let i = 0; i < workers; i += 1) service.startWorker();
    await (workers > 0 ? service.ready() : service.accepting());
    return service;
  }

  /** Runs setup and starts no process. */
  static async prepare(options: ServiceOptions = {}): Promise<ServiceUnderTest> {
    const { storage = 'directory', env = {}, isSetUp = true } = options;
    const folder = await mkdtemp(join(tmpdir(), 'video-to-mp3-e2e-'));
    const [database, databaseRemovals] = await databaseOf(options);
    const [broker, brokerRemovals] = await brokerOf(options);
    const port = await freePort();
    const removals = [...databaseRemovals, ...brokerRemovals];
    const service = new ServiceUnderTest(folder, port, database, broker, removals, {
      LOG_LEVEL: 'debug',
      DATABASE_URL: database,
      RABBITMQ_URL: broker,
      ...WITHOUT_LIMITS,
      SECRET_KEY: randomBytes(32).toString('hex'),
      PORT: String(port),
      FFMPEG_PATH: testServices().ffmpegPath,
      WORK_DIRECTORY: join(folder, 'work'),
      ...storageEnv(storage, folder),
      ...env,
    });
    if (isSetUp) await service.setUp();
    return service;
  }

  /** Runs setup to its end; returns its output. */
  async setUp(): Promise<string> {
    this.started += 1;
    const logFile = join(this.folder, `setup-${this.started}.log`);
    await runApp({ app: 'setup', env: this.env, logFile });
    return readFile(logFile, 'utf8');
  }

  get maxAttempts(): number {
    return Number(this.env['MAX_ATTEMPTS'] ?? 5);
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  startApi(env: Readonly<Record<string, string>> = {}): AppProcess {
    this.api = this.startApp('api', env);
    return this.api;
  }

  startWorker(env: Readonly<Record<string, string>> = {}): AppProcess {
    const worker = this.startApp('worker', env);
    this.workers.push(worker);
    return worker;
  }

  startApp(
    app: AppName,
    env: Readonly<Record<string, string>> = {},
    launcher?: readonly string[],
    nodeArgs: readonly string[] = [],
  ): AppProcess {
    this.started += 1;
    const logFile = join(this.folder, `${app}-${this.started}.log`);
    return new AppProcess({ app, env: { ...this.env, ...env }, logFile, launcher, nodeArgs });
  }

  /** Waits until a conversion can run: everything is up and a worker is connected. */
  async ready(): Promise<void> {
    await waitFor(async () => (await this.readiness()).status === 'ok', {
      intervalMs: 100,
      what: `the service in ${this.folder}`,
    });
  }

  /** Waits until uploads are accepted, with or without a worker. */
  async accepting(): Promise<void> {
    await waitFor(async () => (await this.readiness()).httpStatus === 200, { what: 'the api' });
  }

  /** Waits until this many workers consume. */
  async consumers(count: number): Promise<void> {
    await withQueue(this.rabbitmqUrl, (state) => waitFor(async () => (await state()).consumerCount === count));
  }

  /** The names of a job's output files; on directory storage only. */
  async outputsOf(jobId: string): Promise<string[]> {
    return readdir(join(this.folder, 'objects', 'output', jobId)).catch(() => []);
  }

  async readiness(baseUrl = this.baseUrl): Promise<Readiness> {
    const response = await fetch(`${baseUrl}/health/ready`);
    const body = (await response.json()) as Omit<Readiness, 'httpStatus'>;
    return { httpStatus: response.status, ...body };
  }

  /** Returns the health URL of a worker, with the free port that it logs. */
  async healthUrlOf(worker: AppProcess): Promise<string> {
    const find = async (): Promise<string | undefined> =>
      /Health at (http:\/\/[\d.:]+)\/health/.exec(await worker.log())?.[1];
    return waitFor(find, { what: 'the health port of a worker' });
  }

  signIn(): Promise<ApiClient> {
    return ApiClient.signedIn(this.baseUrl);
  }

  /** Returns the log lines of all processes of one kind. */
  async logs(processes: readonly AppProcess[] = [this.api, ...this.workers]): Promise<string> {
    return (await Promise.all(processes.map((app) => app.log()))).join('\n');
  }

  /** Shuts down all processes and removes everything. */
  async stop(): Promise<void> {
    const running = [this.api, ...this.workers].filter((app) => app?.isRunning);
    await Promise.all(running.map((app) => app.stop()));
    for (const remove of this.removals) await remove();
    await rm(this.folder, { recursive: true, force: true });
  }
}

type Provided = [url: string, removals: (() => Promise<void>)[]];

async function databaseOf({ databaseUrl }: ServiceOptions): Promise<Provided> {
  if (databaseUrl !== undefined) return [databaseUrl, []];
  const database = await createTestDatabase();
  return [database.url, [() => database.drop()]];
}

async function brokerOf({ rabbitmqUrl }: ServiceOptions): Promise<Provided> {
  if (rabbitmqUrl !== undefined) return [rabbitmqUrl, []];
  const virtualHost = await createVirtualHost();
  return [virtualHost.url, [() => virtualHost.remove()]];
}

async function withQueue(
  url: string,
  use: (state: () => Promise<{ consumerCount: number }>) => Promise<unknown>,
): Promise<void> {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    await use(() => channel.checkQueue('video'));
  } finally {
    await connection.close();
  }
}

function storageEnv(kind: StorageKind, folder: string): Record<string, string> {
  if (kind === 'directory') return { STORAGE_DIRECTORY: join(folder, 'objects') };
  const { minio } = testServices();
  if (minio === null) throw new Error('MinIO is not installed');
  return {
    STORAGE_ENDPOINT: minio.endpoint,
    STORAGE_ACCESS_KEY: minio.accessKey,
    STORAGE_SECRET_KEY: minio.secretKey,
    STORAGE_BUCKET_NAME: `e2e-${randomBytes(8).toString('hex')}`,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port');
  return address.port;
}
