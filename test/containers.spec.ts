import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CoreEnv, readEnvironment, variableNames, type EnvFragment } from '@app/config';
import { HealthController } from '@app/observability';
import { describe, expect, it } from 'vitest';
import { API_ENVIRONMENT } from '../apps/api/src/env.js';
import { NOTIFIER_ENVIRONMENT } from '../apps/notifier/src/env.js';
import { SETUP_ENVIRONMENT } from '../apps/setup/src/env.js';
import { WORKER_ENVIRONMENT } from '../apps/worker/src/env.js';
import { entryPoint } from '../tools/project/project.mjs';
import { ComposeFile, seconds } from './support/compose-file.js';
import { Dockerfile } from './support/dockerfile.js';

/** Compares the files with the code; starts no container. */

const ROOT = join(import.meta.dirname, '..');
const APPS = ['api', 'worker', 'notifier', 'setup'] as const;
type App = (typeof APPS)[number];

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const dockerfile = new Dockerfile(read('Dockerfile'));
const compose = new ComposeFile(read('docker-compose.yml'));
const FRAGMENTS: Record<App, readonly EnvFragment[]> = {
  api: API_ENVIRONMENT,
  worker: WORKER_ENVIRONMENT,
  notifier: NOTIFIER_ENVIRONMENT,
  setup: SETUP_ENVIRONMENT,
};
/** Secrets in the format of deploy/env-init.sh. */
const secretNames = [...read('deploy/env-init.sh').matchAll(/^([A-Z_]+)=\$\(random/gm)].map(([, name = '']) => name);
const SECRETS = Object.fromEntries(secretNames.map((name, index) => [name, `${index}0123456789abcdef`.repeat(2)]));

/** Returns the environment of the container of an app. */
const environmentOf = (app: App): Record<string, string> => ({
  ...dockerfile.environment(app),
  ...compose.environment(app, SECRETS),
});

/** Returns the metadata that the decorators of Nest attach to a controller or its method. */
const pathOf = (target: object): string => String(Reflect.getMetadata('path', target));

const isOneShot = (name: string): boolean => compose.service(name).restart === 'no';

describe('the Dockerfile', () => {
  it('builds on Node 24 and Debian 13 only', () => {
    expect(dockerfile.globals.map(({ text }) => text)).toEqual(['NODE_IMAGE=node:24-trixie-slim']);
    const stages = dockerfile.stages.map(({ name }) => name);
    const bases = dockerfile.stages.map(({ from }) => from);
    expect(bases.filter((base) => base !== '${NODE_IMAGE}' && !stages.includes(base))).toEqual([]);
  });

  it.each(APPS)('starts the output file of the build of %s', (app) => {
    expect(dockerfile.entryPoint(app)).toEqual(['node', '--enable-source-maps', relative(ROOT, entryPoint(app))]);
    expect(dockerfile.texts(app, 'COPY')).toEqual([
      ...(app === 'worker' ? ['--from=lean-ffmpeg /opt/lean-ffmpeg /opt/lean-ffmpeg'] : []),
      '--from=production /app ./',
      `--from=build /app/dist/apps/${app} ./dist/apps/${app}`,
    ]);
    expect(dockerfile.texts(app, 'WORKDIR').at(-1)).toBe('/app');
  });

  it.each(APPS)('runs %s as an ordinary user who does not own its files', (app) => {
    const names = dockerfile.instructions(app).map(({ name }) => name);
    expect(dockerfile.texts(app, 'USER')).toEqual(['1000:1000']);
    expect(names.slice(names.indexOf('USER')).filter((name) => ['COPY', 'RUN'].includes(name))).toEqual([]);
    expect(dockerfile.texts(app, 'COPY').filter((text) => text.includes('--chown'))).toEqual([]);
  });

  it('installs ffmpeg only in the image of the worker', () => {
    const withFfmpeg = APPS.filter((app) => dockerfile.texts(app, 'RUN').some((text) => text.includes('ffmpeg')));
    expect(withFfmpeg).toEqual(['worker']);
  });

  it('installs the packages of the lock file, without development tools in the images', () => {
    const installs = dockerfile.stages.flatMap(({ name }) =>
      dockerfile.texts(name, 'RUN').flatMap((text) => text.match(/npm (ci|i|install)\b[^&]*/g) ?? []),
    );
    expect(installs.filter((text) => !text.startsWith('npm ci '))).toEqual([]);
    expect(dockerfile.texts('production', 'RUN').join()).toContain('npm ci --omit=dev');
  });

  it('copies only files that exist and are not ignored', () => {
    const kept = read('.dockerignore').split('\n');
    expect(kept.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    const sources = dockerfile.stages
      .flatMap(({ instructions }) => instructions)
      .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from'))
      .flatMap(({ text }) => text.split(' ').slice(0, -1));
    expect(sources).toContain('package-lock.json');
    expect(sources.filter((source) => !existsSync(join(ROOT, source)) || !kept.includes(`!${source}`))).toEqual([]);
  });

  it('copies every configuration file of TypeScript and Nest', () => {
    const { extends: extended = '' } = JSON.parse(read('apps/api/tsconfig.app.json')) as { extends?: string };
    const copied = dockerfile.texts('build', 'COPY').join(' ').split(' ');
    expect(copied).toEqual(expect.arrayContaining(['nest-cli.json', relative(ROOT, join(ROOT, 'apps/api', extended))]));
  });
});

describe('the containers', () => {
  it.each(APPS)('give %s no variable that it does not read', (app) => {
    const known = [...FRAGMENTS[app].flatMap(variableNames), 'NODE_ENV'];
    expect(Object.keys(environmentOf(app)).filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(APPS)('give %s all variables that it needs in production', (app) => {
    const { isProduction, HOST } = readEnvironment(FRAGMENTS[app], environmentOf(app)).get(CoreEnv);
    expect(isProduction).toBe(true);
    expect(HOST).toBe('0.0.0.0');
  });

  it('fail to start with a clear message if a secret is not set', () => {
    expect(secretNames).toContain('SECRET_KEY');
    const required = compose.interpolations.filter(({ operator }) => operator === ':?');
    expect([...new Set(required.map(({ name }) => name))].toSorted()).toEqual(secretNames.toSorted());
    expect(required.filter(({ name, text }) => !text.includes(name) || !text.includes('deploy/env-init.sh'))).toEqual(
      [],
    );
  });

  it('have defaults only for settings', () => {
    const others = compose.interpolations.filter(({ operator }) => operator !== ':?');
    expect(others.filter(({ operator }) => operator !== ':-')).toEqual([]);
    const defaults = others.filter(({ text }) => text !== '').map(({ name, text }) => `${name}=${text}`);
    const settings = 'IMAGE_TAG=local MAILPIT_PORT=8025 MAIL_FROM=mp3@localhost PORT=3000 SMTP_URL=smtp://mailpit:1025';
    expect([...new Set(defaults)].toSorted().join(' ')).toBe(settings);
    expect(others.filter(({ name }) => secretNames.includes(name))).toEqual([]);
  });

  it('have no secret in the file itself', () => {
    const secrets = [...compose.services.values()].flatMap(({ environment = {} }) =>
      Object.entries(environment).filter(
        ([name]) => /PASS|SECRET|_URL$/.test(name) && !['PUBLIC_URL', 'SMTP_URL'].includes(name),
      ),
    );
    expect(secrets.length).toBeGreaterThan(secretNames.length);
    expect(secrets.filter(([, value]) => !value.includes(':?'))).toEqual([]);
  });

  it.each([
    ['api', 'PORT'],
    ['worker', 'HEALTH_PORT'],
  ] as const)('ask %s for its readiness where it listens', (app, variable) => {
    const port = dockerfile.environment(app)[variable] ?? '';
    const path = [HealthController, HealthController.prototype.ready].map(pathOf).join('/');
    const url = `http://127.0.0.1:${port}/${path}`;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+\/health\/ready$/);
    expect(compose.service(app).healthcheck?.test).toEqual(['CMD', 'node', 'deploy/health-check.mjs', url]);
    expect(dockerfile.texts('production', 'COPY')).toContain('deploy/health-check.mjs ./deploy/');
    expect(dockerfile.texts(app, 'EXPOSE')).toEqual([port]);
    expect(compose.service(app).environment).not.toHaveProperty(variable);
  });

  it('publish the api and the emails to this machine, and nothing else', () => {
    const ports = [...compose.services].flatMap(([name, { ports: published = [] }]) =>
      published.map((port) => `${name} ${port}`),
    );
    const { PORT } = dockerfile.environment('api');
    expect(ports).toEqual([`api 127.0.0.1:\${PORT:-3000}:${PORT}`, 'mailpit 127.0.0.1:${MAILPIT_PORT:-8025}:8025']);
  });

  it('have enough time to drain', () => {
    const drainSeconds = new CoreEnv().DRAIN_SECONDS;
    const source = read('apps/worker/src/conversion/worker-lifecycle.ts');
    const releaseSeconds = Number(/RELEASE_MS = ([\d_]+)/.exec(source)?.[1]?.replaceAll('_', '')) / 1000;
    const closing = 10;
    expect(seconds(compose.service('api').stop_grace_period)).toBeGreaterThanOrEqual(drainSeconds + closing);
    expect(seconds(compose.service('worker').stop_grace_period)).toBeGreaterThanOrEqual(
      drainSeconds + releaseSeconds + closing,
    );
    // A larger value needs longer grace periods.
    expect(APPS.filter((app) => 'DRAIN_SECONDS' in environmentOf(app))).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  const all = [...compose.services];
  const names = (wrong: [string, unknown][]): string[] => wrong.map(([name]) => name);

  it('pins its images', () => {
    const images = Object.fromEntries(all.map(([name, { image = '' }]) => [name, image]));
    expect(images).toMatchObject({
      api: 'video-to-mp3/api:${IMAGE_TAG:-local}',
      worker: 'video-to-mp3/worker:${IMAGE_TAG:-local}',
      setup: 'video-to-mp3/setup:${IMAGE_TAG:-local}',
      postgres: 'postgres:17',
      rabbitmq: 'rabbitmq:4-management',
      mailpit: 'axllent/mailpit:v1.21.8',
      minio: 'quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z',
      'minio-user': images['minio'],
      'postgres-user': images['postgres'],
    });
  });

  it.each(APPS)('builds the image of %s and runs it on a read-only file system', (app) => {
    const service = compose.service(app);
    expect(service.build?.target).toBe(app);
    expect(dockerfile.stage(app).name).toBe(app);
    expect(service.read_only).toBe(true);
  });

  it('drops every capability of every container, except those that read a file of the checkout', () => {
    const isConfined = ({ cap_drop = [], security_opt = [], privileged }: (typeof all)[number][1]): boolean =>
      cap_drop.includes('ALL') && !privileged && security_opt.join() === 'no-new-privileges:true';
    expect(names(all.filter(([, service]) => !isConfined(service)))).toEqual([]);
    const given = all.filter(([, { cap_add }]) => cap_add !== undefined);
    expect(given.map(([name, { cap_add }]) => [name, cap_add])).toEqual([
      ['postgres-user', ['DAC_OVERRIDE']],
      ['minio-user', ['DAC_OVERRIDE']],
    ]);
  });

  it('limits memory and logs, and restarts the services', () => {
    const isBounded = ({ mem_limit, logging }: (typeof all)[number][1]): boolean =>
      mem_limit !== undefined && logging?.options?.['max-size'] !== undefined;
    expect(names(all.filter(([, service]) => !isBounded(service)))).toEqual([]);
    expect(names(all.filter(([name]) => isOneShot(name)))).toEqual(['setup', 'postgres-user', 'minio-user']);
    expect(names(all.filter(([name, { restart }]) => !isOneShot(name) && restart !== 'unless-stopped'))).toEqual([]);
  });

  it('has a health check for each permanent service, and waits for it', () => {
    expect(names(all.filter(([name, { healthcheck }]) => (healthcheck === undefined) !== isOneShot(name)))).toEqual([]);
    const waits = all.flatMap(([, { depends_on = {} }]) =>
      Object.entries(depends_on).map(([name, { condition }]) => ({ name, condition })),
    );
    const expected = (name: string): string => (isOneShot(name) ? 'service_completed_successfully' : 'service_healthy');
    expect(waits.filter(({ name, condition }) => condition !== expected(name))).toEqual([]);
    expect(Object.keys(compose.service('setup').depends_on ?? {})).toEqual(['rabbitmq', 'postgres-user', 'minio-user']);
    for (const app of ['api', 'worker', 'notifier']) expect(compose.service(app).depends_on).toHaveProperty('setup');
  });

  it('allows workers to be scaled, and denies them internet access', () => {
    const { container_name, ports, hostname, networks } = compose.service('worker');
    expect({ container_name, ports, hostname }).toEqual({});
    expect(networks).toEqual(['backend']);
    expect(compose.networks['backend']).toEqual({ internal: true });
  });

  it('mounts the work directory at the folder that the image creates for the user', () => {
    const { WORK_DIRECTORY = '' } = dockerfile.environment('worker');
    expect(compose.service('worker').volumes).toEqual([`work:${WORK_DIRECTORY}`]);
    expect(dockerfile.texts('worker', 'VOLUME')).toEqual([WORK_DIRECTORY]);
    expect(dockerfile.texts('worker', 'RUN').join()).toContain(`install -d -o node -g node -m 700 ${WORK_DIRECTORY}`);
  });

  it('gives the worker a temporary folder for its system call filter', () => {
    expect(read('apps/worker/src/sandbox/private-folder.ts')).toContain('tmpdir()');
    expect(compose.service('worker').tmpfs?.map((mount) => mount.split(':')[0])).toEqual(['/tmp']);
  });

  it('declares its volumes and mounts files that exist', () => {
    const sources = all.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const isThere = (source: string): boolean =>
      source.startsWith('.') ? existsSync(join(ROOT, source)) : compose.volumes.includes(source);
    expect(sources.filter((source) => !isThere(source))).toEqual([]);
    expect(compose.volumes.filter((volume) => !sources.includes(volume))).toEqual([]);
  });

  it('creates the account and the bucket that the service uses', () => {
    const account = compose.environment('minio-user', SECRETS);
    const store = Object.entries(environmentOf('setup')).filter(([name]) => name.startsWith('STORAGE_'));
    expect(account).toMatchObject(Object.fromEntries(store));
    const script = read('deploy/minio/create-user.sh');
    const used = [...script.matchAll(/\$([A-Z_]+)/g)].map(([, name = '']) => name);
    expect(new Set(used)).toEqual(new Set(Object.keys(account)));
    const root = compose.environment('minio', SECRETS);
    expect(account).toMatchObject({
      MINIO_ROOT_USER: root['MINIO_ROOT_USER'],
      MINIO_ROOT_PASSWORD: root['MINIO_ROOT_PASSWORD'],
    });
    expect(account['STORAGE_ACCESS_KEY']).not.toBe(account['MINIO_ROOT_USER']);
  });

  it('signs in to the database and the broker with the accounts of their images', () => {
    const { DATABASE_URL = '', RABBITMQ_URL = '' } = environmentOf('setup');
    const rabbitmq = compose.environment('rabbitmq', SECRETS);
    const { DATABASE_ROLE, DATABASE_PASSWORD, PGDATABASE } = compose.environment('postgres-user', SECRETS);
    expect(DATABASE_URL).toBe(`postgresql://${DATABASE_ROLE}:${DATABASE_PASSWORD}@postgres:5432/${PGDATABASE}`);
    const { RABBITMQ_DEFAULT_USER, RABBITMQ_DEFAULT_PASS } = rabbitmq;
    expect(RABBITMQ_URL).toBe(`amqp://${RABBITMQ_DEFAULT_USER}:${RABBITMQ_DEFAULT_PASS}@rabbitmq:5672/`);
    expect(compose.service('rabbitmq').hostname).toBe('rabbitmq');
  });

  it('creates the account of the service as the superuser of the image, which the service does not use', () => {
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = compose.environment('postgres', SECRETS);
    const account = compose.environment('postgres-user', SECRETS);
    expect(account).toMatchObject({
      PGHOST: 'postgres',
      PGUSER: POSTGRES_USER,
      PGPASSWORD: POSTGRES_PASSWORD,
      PGDATABASE: POSTGRES_DB,
    });
    expect(account['DATABASE_ROLE']).not.toBe(POSTGRES_USER);
    for (const app of APPS) {
      expect(Object.values(environmentOf(app)).filter((value) => value.includes(POSTGRES_PASSWORD ?? '?'))).toEqual([]);
    }
  });
});
