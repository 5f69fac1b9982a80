import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identifyProcess } from '../tools/processes/process-identity.mjs';
import { PROJECT_FOLDER } from '../tools/project/project.mjs';

describe('if the packages are of an older version,', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upgraded here '));
    for (const name of [
      'apps',
      'bench',
      'libs',
      'scripts',
      'tools',
      'test',
      'package.json',
      'package-lock.json',
      'nest-cli.json',
      'tsconfig.json',
    ]) {
      await cp(join(PROJECT_FOLDER, name), join(folder, name), {
        recursive: true,
        filter: (source) => !source.startsWith(join(PROJECT_FOLDER, 'apps/cli/dist')),
      });
    }
    await write('node_modules/.package-lock.json', '{"packages":{}}');
    // This process represents the service, which was started before the upgrade.
    await write(
      '.data/start.lock',
      JSON.stringify({ ...identifyProcess(process.pid), launcher: null, url: 'http://x' }),
    );
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(path: string, text: string): Promise<void> {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }

  const run = (
    script: string,
    nodeOptions: readonly string[] = [],
  ): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [...nodeOptions, join(folder, 'scripts', script)], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, VIDEO_TO_MP3_URL: '', DATABASE_URL: 'postgresql://ada@127.0.0.1/of_my_own' },
    });

  const packages = (): Promise<string[]> => readdir(join(folder, 'node_modules'));

  it.each(['convert.mjs', 'add-user.mjs', 'admin.mjs', 'setup.mjs', 'test.mjs'])(
    '%s does not replace the packages of a running service, and says what to do',
    async (script) => {
      const { status, stderr } = run(script);
      expect(status).toBe(1);
      expect(stderr).toContain('Restart or stop the service first');
      expect(await packages()).toEqual(['.package-lock.json']);
    },
  );

  it('npm run convert writes only the output of the client to standard output', () => {
    expect(run('convert.mjs').stdout).toBe('');
  });

  it('npm run convert says how to install packages on a system without /proc', async () => {
    await rm(join(folder, '.data'), { recursive: true });
    const { status, stderr } = run('convert.mjs', [
      '--import',
      "data:text/javascript,Object.defineProperty(process, 'platform', { value: 'darwin' })",
    ]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'Install the packages of the project first: npm ci\n' });
  });

  it('npm run convert uses the older client while an older service runs', async () => {
    await write('apps/cli/dist/video-to-mp3.mjs', "console.log('the client of before', process.env.VIDEO_TO_MP3_URL)");
    const { status, stdout, stderr } = run('convert.mjs');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'the client of before http://x\n' });
    expect(stderr).toContain('start the service again');
    expect(await packages()).toEqual(['.package-lock.json']);
  });

  it('npm run user:add uses the older program while an older service runs with another database', async () => {
    await write('dist/programs/add-user.mjs', "console.log('the program of before')");
    const { status, stdout } = run('add-user.mjs');
    expect(status).toBe(0);
    expect(stdout).toMatch(/start the service again\.\nthe program of before\n$/);
    expect(await packages()).toEqual(['.package-lock.json']);
  });
});
