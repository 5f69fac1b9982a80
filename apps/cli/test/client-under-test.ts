import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { readEnvironment } from '../src/environment.js';
import { run } from '../src/run.js';

export interface ClientEnd {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export interface ClientRun {
  readonly ended: Promise<ClientEnd>;
  readonly stop: AbortController;
}

/** The client in this process, with a folder of its own for files and accounts. */
export class ClientUnderTest {
  constructor(
    readonly folder: string,
    private readonly url: string,
  ) {}

  static async create(url: string): Promise<ClientUnderTest> {
    return new ClientUnderTest(await mkdtemp(join(tmpdir(), 'client here ')), url);
  }

  get configFolder(): string {
    return join(this.folder, 'config', 'video-to-mp3');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async video(name = 'video.mp4', bytes = 1000): Promise<string> {
    const path = this.path(name);
    await writeFile(path, Buffer.alloc(bytes, 7));
    return path;
  }

  /** Everything beside the accounts. */
  async files(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => name !== 'config').toSorted();
  }

  start(args: readonly string[], input = ''): ClientRun {
    const stop = new AbortController();
    return { ended: this.run(args, input, stop), stop };
  }

  async run(args: readonly string[], input = '', stop = new AbortController()): Promise<ClientEnd> {
    const stdin = new PassThrough();
    stdin.end(input);
    const [stdout, stderr] = [outputStream(), outputStream()];
    const variables = { XDG_CONFIG_HOME: join(this.folder, 'config'), VIDEO_TO_MP3_URL: this.url };
    const exitCode = await run(args, {
      environment: readEnvironment(variables),
      input: stdin as unknown as ReadStream,
      output: stdout as unknown as WriteStream,
      errors: stderr as unknown as WriteStream,
      signal: stop.signal,
    });
    return { exitCode, output: textOf(stdout), errors: textOf(stderr) };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

const MAX_OUTPUT_BYTES = 16 * 1024 ** 2;

/** A stream that is read after the end of the run, and must hold all of its output until then. */
function outputStream(): PassThrough {
  return new PassThrough({ highWaterMark: MAX_OUTPUT_BYTES });
}

function textOf(stream: PassThrough): string {
  return String(stream.read() ?? '');
}
