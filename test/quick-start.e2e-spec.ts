import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API_DOCUMENT } from './support/api-document.js';
import { ServiceUnderTest } from './support/service-under-test.js';

const DOCUMENT_URL = 'http://127.0.0.1:3000';
const PASSWORD = 'correct horse battery';
const PROGRAMS = [
  { name: 'curl', language: 'sh', file: 'convert.sh', command: ['bash', '-euo', 'pipefail'] },
  { name: 'Node', language: 'js', file: 'convert.mjs', command: [process.execPath] },
  { name: 'Python', language: 'python', file: 'convert.py', command: ['python3'] },
];
/** A video without an audio track. */
const SILENT_CLIP = 'ffmpeg -v error -y -f lavfi -i testsrc=duration=1 clip.mp4';

const lacks = ['bash', 'curl', 'ffmpeg', 'ffprobe', 'python3'].filter((name) => spawnSync(name, ['-h']).error);
if (lacks.length > 0) console.warn(`The quick start of docs/api.md is not all run: ${lacks.join(', ')} not found`);

interface End {
  readonly exitCode: number;
  readonly printed: string;
}

/** Returns the only code block of a section. */
function codeOf(section: string, language: string): string {
  const start = API_DOCUMENT.indexOf(`\n${section}\n`);
  const [, code] = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(API_DOCUMENT.slice(start)) ?? [];
  if (start < 0 || code === undefined) throw new Error(`docs/api.md has no ${language} under "${section}"`);
  return code;
}

describe.skipIf(lacks.length > 0).each(PROGRAMS)('the quick start of docs/api.md in $name', (program) => {
  let service: ServiceUnderTest;
  let folder: string;
  let url: string;

  beforeAll(async () => {
    service = await ServiceUnderTest.start();
    url = service.baseUrl;
  });
  beforeEach(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'quick-start-'));
    expect(await run(['bash', '-euc', atService(codeOf('## Quick start', 'sh'))])).toEqual({
      exitCode: 0,
      printed: '',
    });
  });
  afterAll(async () => {
    await service?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const atService = (code: string): string => code.replaceAll(DOCUMENT_URL, url);

  async function run([file = '', ...args]: readonly string[]): Promise<End> {
    const env = { ...process.env, BASE: url };
    const child = spawn(file, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { exitCode: child.exitCode ?? -1, printed: output + errors };
  }

  async function convert(password = PASSWORD): Promise<End> {
    const code = codeOf(`### ${program.name}`, program.language);
    expect(code).toContain(PASSWORD);
    await writeFile(join(folder, program.file), atService(code).replaceAll(PASSWORD, password));
    return run([...program.command, program.file]);
  }

  async function durationSeconds(file: string): Promise<number> {
    const shown = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0'];
    const { printed } = await run(['ffprobe', ...shown, file]);
    return Number(printed);
  }

  it('converts the video', async () => {
    const { exitCode, printed } = await convert();
    expect(exitCode, printed).toBe(0);
    expect(await durationSeconds('clip.mp3')).toBeCloseTo(await durationSeconds('clip.mp4'), 0);
  });

  it('ends with the reason of a failed conversion', async () => {
    expect(await run(['bash', '-euc', SILENT_CLIP])).toMatchObject({ exitCode: 0 });
    const { exitCode, printed } = await convert();
    expect(printed).toContain('The file has no audio track.');
    expect(exitCode).toBeGreaterThan(0);
    expect(await readdir(folder)).not.toContain('clip.mp3');
  });

  it('ends if the password is incorrect', async () => {
    expect((await convert('another password')).exitCode).toBeGreaterThan(0);
    expect(await readdir(folder)).not.toContain('clip.mp3');
  });
});
