import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment, type Variables } from '@app/config';
import { DatabaseEnv, runMigrations } from '@app/database';
import { ObjectStorage, StorageEnv } from '@app/storage';
import { apiContract, createTestDatabase, waitFor, type ApiContract, type TestDatabase } from '@app/testing';
import type { LoggerService } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { ApiModule } from '../src/api.module.js';
import { PasswordHasher, type PasswordHasherOptions } from '../src/auth/password-hasher.js';
import { API_ENVIRONMENT } from '../src/env.js';
import { configureHttp } from '../src/http/configure-http.js';
import { serveDocumentation } from '../src/openapi/serve-documentation.js';
import { SourceIntake } from '../src/uploads/source-intake.js';
import { UPLOAD_PACE, type UploadPace } from '../src/uploads/upload-feed.js';
import { UploadReceiver } from '../src/uploads/upload-receiver.js';
import { UploadsEnv } from '../src/uploads/uploads.env.js';

export const TEST_SECRET = 'a random key that is only used in tests';

const FAST_HASHING: PasswordHasherOptions = { cost: 4, threads: 1, maxWaiting: 32, maxPerClient: 32 };

/** Tests create many accounts from one address. */
const WITHOUT_LIMITS: Variables = {
  LOGIN_FAILURES_PER_ACCOUNT: '0',
  LOGINS_PER_ADDRESS: '0',
  REGISTRATIONS_PER_ADDRESS: '0',
  EMAILS_PER_ADDRESS: '0',
};

export interface ApiOptions {
  readonly variables?: Variables;
  readonly pace?: Partial<UploadPace>;
  readonly hashing?: PasswordHasherOptions;
  /** Migrates the database that `variables` names. */
  readonly migrate?: boolean;
}

export interface LogLine {
  readonly level: 'log' | 'warn' | 'error' | 'debug';
  readonly text: string;
  /** The class that logged it. */
  readonly context: string;
}

/** The loggers for requests. All others belong to background work, which has no broker here. */
const REQUEST_LOGGERS = ['ProblemDetailsFilter', 'ExceptionsHandler', 'UploadsService', 'OutputSender'];

/** The whole API on its own port, with its own database and a folder as object storage. */
export class ApiUnderTest {
  private constructor(
    readonly app: NestExpressApplication,
    readonly url: string,
    readonly logs: LogLine[],
    readonly database: pg.Pool,
    private readonly testDatabase: TestDatabase,
    private readonly directory: string,
    private readonly contract: ApiContract,
  ) {}

  static async start({
    variables = {},
    pace = {},
    hashing = FAST_HASHING,
    migrate,
  }: ApiOptions = {}): Promise<ApiUnderTest> {
    const testDatabase = await createTestDatabase();
    const directory = await mkdtemp(join(tmpdir(), 'api-test-'));
    const environment = readEnvironment(API_ENVIRONMENT, {
      DATABASE_URL: testDatabase.url,
      // Nothing listens there: the API must accept uploads without its broker.
      RABBITMQ_URL: 'amqp://guest:guest@127.0.0.1:1/',
      STORAGE_DIRECTORY: directory,
      SECRET_KEY: TEST_SECRET,
      LOG_LEVEL: 'silent',
      ...WITHOUT_LIMITS,
      ...variables,
    });
    if (migrate ?? variables['DATABASE_URL'] === undefined) await runMigrations(environment.get(DatabaseEnv));
    const module = await Test.createTestingModule({ imports: [ApiModule.forRoot(environment)] })
      .overrideProvider(PasswordHasher)
      .useValue(new PasswordHasher(hashing))
      .overrideProvider(UploadReceiver)
      .useFactory({
        inject: [SourceIntake, UploadsEnv],
        factory: (intake: SourceIntake, env: UploadsEnv) =>
          new UploadReceiver(intake, env, { ...UPLOAD_PACE, ...pace }),
      })
      .compile();
    const logs: LogLine[] = [];
    const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
    app.useLogger(recorder(logs));
    configureHttp(app);
    serveDocumentation(app);
    await app.listen(0, '127.0.0.1');
    if (environment.get(StorageEnv).STORAGE_DIRECTORY === directory) await app.get(ObjectStorage).prepare();
    const { port } = app.getHttpServer().address() as AddressInfo;
    const database = new pg.Pool({ connectionString: testDatabase.url, max: 2 });
    const url = `http://127.0.0.1:${port}`;
    return new ApiUnderTest(app, url, logs, database, testDatabase, directory, await apiContract(url));
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get databaseUrl(): string {
    return this.testDatabase.url;
  }

  /** Warnings and errors about requests since the log was last emptied. */
  get complaints(): LogLine[] {
    return this.logs.filter(({ level, context }) => /warn|error/.test(level) && REQUEST_LOGGERS.includes(context));
  }

  get storage(): ObjectStorage {
    return this.app.get(ObjectStorage);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.end();
    await this.testDatabase.drop();
    await rm(this.directory, { recursive: true });
  }

  /** Sends a request and checks the response against the OpenAPI document. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, init);
    await this.contract.check(init.method ?? 'GET', path, response);
    return response;
  }

  postJson(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** Registers an account and signs in; returns its authorization header. */
  async signIn(username: string): Promise<{ id: number; headers: { Authorization: string } }> {
    const password = 'correct horse';
    const registered = (await (await this.postJson('/auth/register', { username, password })).json()) as { id: number };
    const login = (await (await this.postJson('/auth/login', { username, password })).json()) as {
      access_token: string;
    };
    return { id: registered.id, headers: { Authorization: `Bearer ${login.access_token}` } };
  }

  upload(body: FormData | BodyInit, headers: Record<string, string>): Promise<Response> {
    return this.fetch('/media/upload', { method: 'POST', headers, body });
  }

  /** Lists the files of the object store: complete objects and those of uploads in progress. */
  async storedFiles(): Promise<string[]> {
    const entries = await readdir(this.directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name, parentPath }) => join(parentPath, name));
  }

  async jobCount(): Promise<number> {
    const { rows } = await this.database.query<{ n: number }>('SELECT count(*)::int AS n FROM conversion_jobs');
    return rows[0]?.n ?? -1;
  }

  /** Waits until the object store contains only the sources of jobs, and no unfinished object. */
  async nothingButJobs(): Promise<void> {
    const jobs = await this.jobCount();
    await waitFor(async () => (await this.storedFiles()).length === jobs, { what: 'no objects without a job' });
  }
}

/** The head of an MP4 file, padded to a size. */
export function aVideo(sizeBytes = 1000): Buffer {
  const head = Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isommp41', 'latin1');
  return Buffer.concat([head, Buffer.alloc(Math.max(0, sizeBytes - head.length), 7)]);
}

export function aForm(file: Buffer = aVideo(), filename = 'clip.mp4', field = 'file'): FormData {
  const form = new FormData();
  form.append(field, new Blob([new Uint8Array(file)], { type: 'video/mp4' }), filename);
  return form;
}

function recorder(logs: LogLine[]): LoggerService {
  const write =
    (level: LogLine['level']) =>
    (message: unknown, ...rest: unknown[]) => {
      const text = typeof message === 'string' ? message : JSON.stringify(message);
      logs.push({ level, text, context: String(rest.at(-1)) });
    };
  return { log: write('log'), warn: write('warn'), error: write('error'), debug: write('debug') };
}
