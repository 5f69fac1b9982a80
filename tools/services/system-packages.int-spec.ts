import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProcessLedger } from '../processes/process-ledger.mjs';
import { ensurePrograms, MissingProgramsError, tryPrograms } from './system-packages.mjs';

/** Uses a PATH with only the programs of a test and a `sudo` that only records its calls. */
describe('system packages', () => {
  let folder: string;
  const said: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'system-packages-'));
    said.length = 0;
    vi.stubEnv('PATH', folder);
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  const install = (name: string, script: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  /** Creates the program when it is installed. */
  const noteDown = (): string =>
    `echo "$*" >> ${folder}/notes; case "$*" in *install*ffmpeg) : > ${folder}/ffmpeg ;; esac`;
  const notes = (): string[] => readFileSync(join(folder, 'notes'), 'utf8').trimEnd().split('\n');
  const ffmpeg = {
    packageName: 'ffmpeg',
    find: () => (existsSync(join(folder, 'ffmpeg')) ? join(folder, 'ffmpeg') : null),
  };
  const options = () => ({
    ledger: new ProcessLedger(join(folder, 'processes.json')),
    logFile: join(folder, 'packages.log'),
    say: (message: string) => said.push(message),
  });

  it.each([
    ['there is no sudo', () => install('apt-get', 'exit 0')],
    ['there is no apt-get', () => install('sudo', noteDown())],
    [
      'sudo asks for a password',
      () => {
        install('apt-get', 'exit 0');
        install('sudo', '[ "$1" = -n ] && exit 1; read -r password');
      },
    ],
  ])('name both alternatives if %s, and install nothing', async (_, prepare) => {
    prepare();
    const attempt = ensurePrograms([ffmpeg], options());
    await expect(attempt).rejects.toBeInstanceOf(MissingProgramsError);
    await expect(attempt).rejects.toThrow(
      /^ffmpeg must be installed[^]*sudo apt-get install ffmpeg\n.*env-init\.sh && docker compose up/,
    );
    expect(said).toEqual([]);
    expect(await tryPrograms([ffmpeg], options())).toEqual([null]);
  });

  it('are installed with a sudo that asks for no password, and this is reported', async () => {
    install('apt-get', 'exit 1');
    install('sudo', noteDown());
    expect(await ensurePrograms([ffmpeg], options())).toEqual([join(folder, 'ffmpeg')]);
    expect(said).toEqual([expect.stringContaining('installing the system packages ffmpeg')]);
    const installation = notes().filter((note) => note.includes('apt-get'));
    expect(installation).toEqual([expect.stringMatching(/^-n env .*apt-get .*install --yes .*ffmpeg$/)]);
  });

  it('install nothing if everything exists', async () => {
    install('ffmpeg', 'exit 0');
    expect(await ensurePrograms([ffmpeg], options())).toEqual([join(folder, 'ffmpeg')]);
    expect(said).toEqual([]);
  });
});
