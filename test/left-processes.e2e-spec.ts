import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { TEST_RUN_MARK } from '../tools/processes/marked-processes.mjs';
import { AppProcess } from './support/app-process.js';

afterEach(() => vi.unstubAllEnvs());

it('marks the processes of a test, so that the run can end them, and passes them no other variable of the developer', async () => {
  vi.stubEnv(TEST_RUN_MARK, 'this run');
  vi.stubEnv('DATABASE_URL', 'postgresql://the-tester');
  const folder = await mkdtemp(join(tmpdir(), 'left-'));
  const launcher = ['sh', '-c', 'env'];
  const app = new AppProcess({ app: 'setup', env: {}, logFile: join(folder, 'env.log'), launcher });
  await app.ended();
  const environment = await app.log();
  await rm(folder, { recursive: true });
  expect(environment).toContain(`${TEST_RUN_MARK}=this run\n`);
  expect(environment).not.toContain('DATABASE_URL');
});
