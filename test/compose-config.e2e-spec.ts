import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { testServices } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ComposeFile, interpolate } from './support/compose-file.js';

const ROOT = join(import.meta.dirname, '..');
const FILE = 'docker-compose.yml';
const { composePath } = testServices();
const SECRETS = ['SECRET_KEY', 'POSTGRES_PASSWORD', 'RABBITMQ_PASSWORD', 'MINIO_ROOT_PASSWORD', 'STORAGE_SECRET_KEY'];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with only the Compose file, so that no .env of a developer is read. */
let folder: string;
let compose: ComposeFile;
let secrets: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compose-'));
  await copyFile(join(ROOT, FILE), join(folder, FILE));
  compose = new ComposeFile(await readFile(join(ROOT, FILE), 'utf8'));
  await run('sh', [join(ROOT, 'deploy/env-init.sh'), join(folder, 'made.env')]);
  secrets = parseEnv(await readFile(join(folder, 'made.env'), 'utf8')) as Record<string, string>;
});

afterAll(() => rm(folder, { recursive: true }));

function run(command: string, args: readonly string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: folder };
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** Returns the configuration that Compose reads with these variables in `.env`; null: without `.env`. */
async function config(variables: Readonly<Record<string, string>> | null): Promise<Ended> {
  const lines = Object.entries(variables ?? {}).map(([name, value]) => `${name}=${value}\n`);
  const envFile = join(folder, '.env');
  if (variables === null) await rm(envFile, { force: true });
  else await writeFile(envFile, lines.join(''));
  return run(composePath ?? '', ['config']);
}

type Published = string | { host_ip: string; published: string; target: number; protocol: string };

interface ConfiguredService {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly entrypoint?: readonly string[] | null;
  readonly command?: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly Published[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly restart: string;
  readonly read_only?: boolean;
}

/** The same facts in the formats of Compose 1 and 2. */
function factsOf(service: ConfiguredService): object {
  const { image, build, entrypoint, command, environment, healthcheck, restart, read_only } = service;
  const ports = (service.ports ?? []).map((port) =>
    typeof port === 'string' ? port : `${port.host_ip}:${port.published}:${port.target}/${port.protocol}`,
  );
  const waits = Object.entries(service.depends_on ?? {}).map(([name, { condition }]) => `${name} ${condition}`);
  return {
    ...{ image, target: build?.target, entrypoint: entrypoint ?? undefined, command: command ?? undefined },
    ...{ environment, test: healthcheck?.test, ports, restart, read_only },
    waits: waits.toSorted(),
    networks: Object.keys(service.networks).toSorted(),
  };
}

function expectedFacts(name: string, variables: Readonly<Record<string, string>>): object {
  const service = compose.service(name);
  return factsOf({
    ...service,
    image: interpolate(service.image ?? '', variables),
    build: service.build?.target === undefined ? undefined : { target: service.build.target },
    environment: compose.environment(name, variables),
    ports: service.ports?.map((port) => `${interpolate(port, variables)}/tcp`),
    networks: Object.fromEntries((service.networks ?? []).map((network) => [network, null])),
    restart: service.restart ?? '',
  });
}

describe.skipIf(composePath === null)('docker-compose', () => {
  it.each<[string, Record<string, string>]>([
    ['', {}],
    [' and settings', { PORT: '8080', REGISTRATION: 'closed', WORKER_CONCURRENCY: '3', IMAGE_TAG: '1.2.3' }],
  ])('reads the same configuration as the tests, with the secrets of deploy/env-init.sh%s', async (_, settings) => {
    const variables = { ...secrets, ...settings };
    const { code, stdout, stderr } = await config(variables);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { services } = parse(stdout) as { services: Record<string, ConfiguredService> };
    expect(Object.keys(services).toSorted()).toEqual([...compose.services.keys()].toSorted());
    for (const [name, service] of Object.entries(services)) {
      expect(factsOf(service), name).toEqual(expectedFacts(name, variables));
    }
  });

  it.each(SECRETS)('rejects the file without %s, and says what to do', async (name) => {
    const { code, stderr } = await config({ ...secrets, [name]: '' });
    expect(code).not.toBe(0);
    expect(stderr).toContain(`set ${name} in .env; sh deploy/env-init.sh makes one`);
  });

  it('rejects the file without a .env, and says what to do', async () => {
    const { code, stderr } = await config(null);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/set [A-Z_]+ in \.env; sh deploy\/env-init\.sh makes one/);
  });
});
