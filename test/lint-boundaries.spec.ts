import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Planted {
  /** The path of the file, because the rules depend on the folder. */
  readonly path: string;
  readonly code: string;
  readonly rule: string;
}

const IMPORTS = 'eslint(no-restricted-imports)';

const anImport = (path: string, from: string, name = 'x'): Planted => ({
  path,
  code: `export { ${name} } from '${from}';\n`,
  rule: IMPORTS,
});

const lines = (count: number): string => `export const x = [\n${'  1,\n'.repeat(count - 2)}];\n`;

const REJECTED: Record<string, Planted> = {
  'an app that imports another app': anImport('apps/api/src/plant-app.ts', '../../worker/src/env.js'),
  'a lib that imports an app': anImport('libs/dispatch/src/plant-app.ts', '../../../apps/api/src/env.js'),
  'a lib reached by a relative path': anImport(
    'apps/api/src/uploads/plant-path.ts',
    '../../../../libs/storage/src/index.js',
  ),
  'a sibling lib reached by a relative path': anImport('libs/storage/src/plant-path.ts', '../../domain/src/index.js'),
  'an import past the index of a lib': anImport('apps/api/src/plant-deep.ts', '@app/storage/src/object-keys.js'),
  'an import past the index of a lib, in a test': anImport('test/plant-deep.e2e-spec.ts', '@app/storage/src/keys.js'),
  'a lib by its path, in a test': anImport('test/plant-path.e2e-spec.ts', '../libs/storage/src/index.js'),
  'another lib by its path, in a spec': anImport('libs/storage/src/plant-path.spec.ts', '../../domain/src/index.js'),
  'another app by its path, in a spec': anImport('apps/api/src/plant-app.int-spec.ts', '../../worker/src/env.js'),
  'the test kit outside tests': anImport('apps/worker/src/plant-testing.ts', '@app/testing'),

  'domain that imports a lib': anImport('libs/domain/src/plant-lib.ts', '@app/config'),
  'domain that imports a built-in': anImport('libs/domain/src/plant-node.ts', 'node:crypto', 'randomUUID'),
  'the client that imports a lib': anImport('libs/client/src/plant-lib.ts', '@app/domain'),
  'the client that imports a built-in': anImport('libs/client/src/plant-node.ts', 'node:crypto', 'randomUUID'),
  'the client that imports a package': anImport('libs/client/src/plant-package.ts', 'p-retry'),
  'the client that uses a global of Node': {
    path: 'libs/client/src/plant-global.ts',
    code: `export const bytes = Buffer.from('x');\n`,
    rule: 'eslint(no-restricted-globals)',
  },
  'the client in the api': anImport('apps/api/src/plant-client.ts', '@app/client'),
  'the client in a feature of the api': anImport('apps/api/src/jobs/plant-client.ts', '@app/client'),
  'the client in a lib': anImport('libs/dispatch/src/plant-client.ts', '@app/client'),
  'config that imports a lib': anImport('libs/config/src/plant.ts', '@app/domain'),
  'failpoints that import a lib': anImport('libs/failpoints/src/plant.ts', '@app/domain'),
  'observability that imports a lib': anImport('libs/observability/src/plant.ts', '@app/database'),
  'database that imports storage': anImport('libs/database/src/plant-storage.ts', '@app/storage'),
  'database that imports messaging': anImport('libs/database/src/plant-messaging.ts', '@app/messaging'),
  'storage that imports database': anImport('libs/storage/src/plant-database.ts', '@app/database'),
  'storage that imports messaging': anImport('libs/storage/src/plant-messaging.ts', '@app/messaging'),
  'messaging that imports database': anImport('libs/messaging/src/plant-database.ts', '@app/database'),
  'messaging that imports storage': anImport('libs/messaging/src/plant-storage.ts', '@app/storage'),
  'database that imports a lib that depends on it': anImport('libs/database/src/plant-dispatch.ts', '@app/dispatch'),
  'dispatch that imports storage': anImport('libs/dispatch/src/plant-storage.ts', '@app/storage'),

  'auth that imports storage': anImport('apps/api/src/auth/plant-storage.ts', '@app/storage'),
  'auth that imports uploads': anImport('apps/api/src/auth/plant-uploads.ts', '../uploads/uploads.service.js'),
  'uploads that import messaging': anImport('apps/api/src/uploads/plant-messaging.ts', '@app/messaging'),
  'uploads that import maintenance': anImport(
    'apps/api/src/uploads/plant-maintenance.ts',
    '../maintenance/maintenance.module.js',
  ),
  'uploads that import http': anImport('apps/api/src/uploads/deeper/plant-http.ts', '../../http/http.module.js'),
  'uploads that import downloads': anImport('apps/api/src/uploads/plant-side.ts', '../downloads/output-sender.js'),
  'jobs that import messaging': anImport('apps/api/src/jobs/plant-messaging.ts', '@app/messaging'),
  'jobs that import uploads': anImport('apps/api/src/jobs/plant-uploads.ts', '../uploads/uploads.service.js'),
  'jobs that import downloads': anImport('apps/api/src/jobs/plant-downloads.ts', '../downloads/output-sender.js'),
  'downloads that import uploads': anImport('apps/api/src/downloads/plant-side.ts', '../uploads/uploads.service.js'),
  'downloads that import dispatch': anImport('apps/api/src/downloads/plant-dispatch.ts', '@app/dispatch'),
  'maintenance that imports auth': anImport('apps/api/src/maintenance/plant-auth.ts', '../auth/auth.module.js'),
  'http that imports database': anImport('apps/api/src/http/plant-database.ts', '@app/database'),
  'the email of the api that imports storage': anImport('apps/api/src/email/plant-storage.ts', '@app/storage'),
  'web that imports domain': anImport('apps/api/src/web/plant-domain.ts', '@app/domain'),
  'a controller that imports messaging': anImport('apps/api/src/uploads/plant-b.controller.ts', '@app/messaging'),
  'a use case that imports observability': anImport('apps/worker/src/conversion/plant-log.ts', '@app/observability'),
  'ffmpeg that imports database': anImport('apps/worker/src/ffmpeg/plant-database.ts', '@app/database'),
  'ffmpeg that imports config': anImport('apps/worker/src/ffmpeg/plant-config.ts', '@app/config'),
  'ffmpeg that imports conversion': anImport('apps/worker/src/ffmpeg/plant-job.ts', '../conversion/slots.js'),
  'ffmpeg that imports transcoding': anImport('apps/worker/src/ffmpeg/plant-up.ts', '../transcoding/index.js'),
  'ffmpeg that imports containers': anImport('apps/worker/src/ffmpeg/plant-side.ts', '../containers/file-window.js'),
  'transcoding that imports conversion': anImport('apps/worker/src/transcoding/plant-job.ts', '../conversion/slots.js'),
  'conversion that imports ffmpeg': anImport('apps/worker/src/conversion/plant-ffmpeg.ts', '../ffmpeg/run.js'),
  'sandbox that imports ffmpeg': anImport('apps/worker/src/sandbox/plant-ffmpeg.ts', '../ffmpeg/run.js'),
  'containers that import tags': anImport('apps/worker/src/containers/isobmff/plant-tags.ts', '../../tags/cover.js'),
  'containers that import a lib': anImport('apps/worker/src/containers/plant-lib.ts', '@app/domain'),
  'mp3 that imports containers': anImport('apps/worker/src/mp3/plant-side.ts', '../containers/file-window.js'),
  'tags that import transcoding': anImport('apps/worker/src/tags/plant-up.ts', '../transcoding/index.js'),

  'the command-line client that imports a lib of the service': anImport('apps/cli/src/plant-lib.ts', '@app/domain'),
  'the command-line client that imports config': anImport('apps/cli/src/service/plant-config.ts', '@app/config'),
  'the command-line client that imports an app': anImport('apps/cli/src/plant-app.ts', '../../api/src/env.js'),
  'the command-line client that imports a script': anImport(
    'apps/cli/src/plant-script.ts',
    '../../../tools/wait-until.mjs',
  ),
  'the client that imports a lib by its path': anImport(
    'apps/cli/src/screen/plant-path.ts',
    '../../../../libs/domain/src/index.js',
  ),
  'the command-line client that starts a process': anImport(
    'apps/cli/src/plant-spawn.ts',
    'node:child_process',
    'spawn',
  ),

  'typeorm outside database': anImport('apps/api/src/uploads/plant-typeorm.ts', 'typeorm', 'DataSource'),
  'the Nest module of typeorm outside database': anImport(
    'apps/api/src/plant-nest.ts',
    '@nestjs/typeorm',
    'TypeOrmModule',
  ),
  'pg outside database': anImport('libs/dispatch/src/plant-pg.ts', 'pg', 'Client'),
  'nodemailer outside email': anImport('apps/notifier/src/webhook/plant-smtp.ts', 'nodemailer', 'createTransport'),
  'minio outside storage': anImport('apps/worker/src/conversion/plant-minio.ts', 'minio', 'Client'),
  'minio by a path': anImport('apps/setup/src/plant-minio.ts', 'minio/dist/esm/minio.mjs', 'Client'),
  'amqplib outside messaging': anImport('libs/dispatch/src/plant-amqplib.ts', 'amqplib', 'connect'),
  'amqp-connection-manager outside messaging': anImport(
    'apps/worker/src/plant-acm.ts',
    'amqp-connection-manager',
    'connect',
  ),
  'child processes outside ffmpeg': anImport(
    'apps/worker/src/conversion/plant-spawn.ts',
    'node:child_process',
    'spawn',
  ),
  'child processes by the old name': anImport('libs/storage/src/plant-spawn.ts', 'child_process', 'spawn'),
  'the OpenAPI document outside the api': anImport('libs/observability/src/plant-doc.ts', '@nestjs/swagger', 'ApiTags'),
  'the OpenAPI document in the worker': anImport('apps/worker/src/plant-doc.ts', '@nestjs/swagger', 'ApiTags'),
  'the OpenAPI document in a controller': anImport(
    'apps/api/src/uploads/plant-doc.controller.ts',
    '@nestjs/swagger',
    'ApiTags',
  ),
  'a service that imports openapi': anImport('apps/api/src/uploads/plant-openapi.ts', '../openapi/api-document.js'),
  'HttpException in a service': anImport('apps/api/src/auth/plant.service.ts', '@nestjs/common', 'HttpException'),
  'a kind of HttpException in a service': anImport(
    'apps/api/src/uploads/plant.service.ts',
    '@nestjs/common',
    'NotFoundException',
  ),
  'HttpException in the worker': anImport('apps/worker/src/plant-http.ts', '@nestjs/common', 'HttpException'),

  'an import cycle': {
    path: 'libs/dispatch/src/plant-cycle-a.ts',
    code: `import { b } from './plant-cycle-b.js';\nexport const a = (): unknown => b;\n`,
    rule: 'import(no-cycle)',
  },
  'an import cycle through the index of a lib': {
    path: 'libs/storage/src/plant-cycle.ts',
    code: `import { keys } from './index.js';\nexport const cycle = (): unknown => keys;\n`,
    rule: 'import(no-cycle)',
  },
  'process.env outside config': {
    path: 'apps/api/src/plant-environment.ts',
    code: 'export const port = process.env.PORT;\n',
    rule: 'node(no-process-env)',
  },
  'process.env in the command-line client, outside its environment': {
    path: 'apps/cli/src/service/plant-environment.ts',
    code: 'export const port = process.env.PORT;\n',
    rule: 'node(no-process-env)',
  },
  'a file of 301 lines': { path: 'libs/dispatch/src/plant-long.ts', code: lines(301), rule: 'eslint(max-lines)' },
  'a function of 61 lines': {
    path: 'libs/dispatch/src/plant-function.ts',
    code: `export function x(): number[] {\n  return [\n${'    1,\n'.repeat(57)}  ];\n}\n`,
    rule: 'eslint(max-lines-per-function)',
  },
  'a time span by the wall clock': {
    path: 'libs/dispatch/src/plant-clock.ts',
    code: 'export const startedAt = Date.now();\n',
    rule: 'eslint(no-restricted-properties)',
  },
  'a floating promise': {
    path: 'libs/dispatch/src/plant-floating.ts',
    code: 'export function x(): void {\n  Promise.resolve(1);\n}\n',
    rule: 'typescript(no-floating-promises)',
  },
  'a promise where nobody waits': {
    path: 'libs/dispatch/src/plant-misused.ts',
    code: 'export const x = (): void => [1].forEach(async (n) => Promise.resolve(n));\n',
    rule: 'typescript(no-misused-promises)',
  },
  any: {
    path: 'libs/dispatch/src/plant-any.ts',
    code: 'export const x = (value: any): unknown => value;\n',
    rule: 'typescript(no-explicit-any)',
  },
};

/** The same imports in allowed places. */
const ACCEPTED: Record<string, string> = {
  'libs/domain/src/index.ts': `export const x = 1;\n`,
  'libs/config/src/index.ts': `export { Module } from '@nestjs/common';\n`,
  'libs/config/src/environment.ts': `export const x = process.env.PORT;\n`,
  'libs/storage/src/index.ts': `export { cycle } from './plant-cycle.js';\nexport const keys = 1;\n`,
  'libs/storage/src/minio.ts': `export { Client } from 'minio';\nexport { x } from '@app/domain';\nexport { failpoint } from '@app/failpoints';\n`,
  'libs/database/src/index.ts': `export { DataSource } from 'typeorm';\nexport { Client } from 'pg';\nexport { TypeOrmModule } from '@nestjs/typeorm';\n`,
  'libs/messaging/src/index.ts': `export { connect } from 'amqplib';\nexport { connect as reconnect } from 'amqp-connection-manager';\n`,
  'libs/dispatch/src/index.ts': `export { DataSource } from '@app/database';\nexport { connect } from '@app/messaging';\n`,
  'libs/dispatch/src/plant-cycle-b.ts': `import { a } from './plant-cycle-a.js';\nexport const b = (): unknown => a;\n`,
  'libs/dispatch/src/lines-300.ts': lines(300),
  'libs/dispatch/src/function-60.ts': `export function x(): number[] {\n  return [\n${'    1,\n'.repeat(56)}  ];\n}\n`,
  'libs/dispatch/src/x.int-spec.ts': `export { aJob } from '@app/testing';\nexport { Client } from 'pg';\n`,
  'apps/api/src/env.ts': `export { x } from '@app/domain';\nexport { uploads } from './uploads/uploads.service.js';\n`,
  'apps/api/src/auth/current-user.ts': `export const user = 1;\n`,
  'apps/api/src/uploads/uploads.service.ts': `export { user } from '../auth/current-user.js';\nexport { keys } from '@app/storage';\nexport { job } from '../jobs/job.js';\nexport const uploads = 1;\n`,
  'apps/api/src/jobs/job.ts': `export { DataSource } from '@app/database';\nexport { wake } from '@app/dispatch';\nexport const job = 1;\n`,
  'apps/api/src/downloads/output.ts': `export { job } from '../jobs/job.js';\nexport { keys } from '@app/storage';\n`,
  'apps/api/src/uploads/uploads.controller.ts': `export { HttpException } from '@nestjs/common';\nexport { filter } from '../http/problem.filter.js';\n`,
  'apps/api/src/http/problem.filter.ts': `export { HttpException } from '@nestjs/common';\nexport const filter = 1;\n`,
  'apps/api/src/auth/user.dto.ts': `export { ApiProperty } from '@nestjs/swagger';\n`,
  'apps/api/src/auth/auth.operations.ts': `export { ApiTags } from '@nestjs/swagger';\nexport { PUBLIC_CODES } from '../openapi/public-problems.js';\n`,
  'apps/api/src/openapi/conflicts.ts': `export { filter } from '../http/problem.filter.js';\nexport const conflicts = 1;\n`,
  'apps/worker/src/env.ts': `export { x } from '@app/domain';\n`,
  'apps/worker/src/conversion/slots.ts': `export { transcode } from '../transcoding/index.js';\n`,
  'apps/worker/src/transcoding/index.ts': `export { run as transcode } from '../ffmpeg/run.js';\nexport { x } from '@app/domain';\n`,
  'apps/worker/src/ffmpeg/run.ts': `export { spawn as run } from 'node:child_process';\n`,
  'apps/worker/src/ffmpeg/ffmpeg.env.ts': `export { Module } from '@app/config';\n`,
  'apps/worker/src/conversion/x.consumer.ts': `export { LogContext } from '@app/observability';\nexport { Slots } from './slots.js';\n`,
  'libs/client/src/index.ts': `export { own } from './own.js';\n`,
  'libs/client/src/own.ts': `export const own = 1;\n`,
  'apps/api/src/web/client/index.ts': `export * from '@app/client';\n`,
  'apps/cli/src/client.ts': `export { own } from '@app/client';\n`,
  'apps/cli/src/run.ts': `export { x } from './environment.js';\nexport { connect } from 'node:http';\n`,
  'apps/cli/src/environment.ts': `export const x = process.env.PORT;\n`,
  'apps/api/test/kit.ts': `export { x } from '../src/env.js';\nexport { aJob } from '@app/testing';\nexport { Client } from 'pg';\n`,
  'apps/api/src/x.int-spec.ts': `export { x } from '../test/kit.js';\n`,
  'test/x.e2e-spec.ts': `export { aJob } from '@app/testing';\nexport { spawn } from 'node:child_process';\nexport const x = process.env.PORT;\n`,
};
/** Each of these two files contains half of a cycle. */
const CYCLE_PARTNERS = ['libs/storage/src/index.ts', 'libs/dispatch/src/plant-cycle-b.ts'];

const root = join(import.meta.dirname, '..');

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

async function lint(directory: string): Promise<Diagnostic[]> {
  const args = ['--type-aware', '-c', 'oxlint.config.mjs', '--format', 'json'];
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const stdout = await new Promise<string>((resolve, reject) => {
    const options = { cwd: directory, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [oxlint, ...args], options, (error, out, err) =>
      out.startsWith('{') ? resolve(out) : reject(error ?? new Error(out + err)),
    );
  });
  return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics;
}

describe('lint', () => {
  const found = new Map<string, string[]>();
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lint-'));
    for (const file of ['oxlint.config.mjs', 'tsconfig.json', 'package.json'])
      await cp(join(root, file), join(directory, file));
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
    const planted = Object.values(REJECTED).map(({ path, code }) => [path, code] as const);
    for (const [path, code] of [...planted, ...Object.entries(ACCEPTED)]) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), code);
    }
    for (const { code, filename } of await lint(directory)) {
      found.set(filename, [...(found.get(filename) ?? []), code]);
    }
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each(Object.entries(REJECTED))('rejects %s', (_name, { path, rule }) => {
    expect(found.get(path)).toEqual([rule]);
  });

  it.each(Object.keys(ACCEPTED).filter((path) => !CYCLE_PARTNERS.includes(path)))('accepts %s', (path) => {
    expect(found.get(path)).toBeUndefined();
  });
});
