import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { converterPath, isLeanConverter, writeSecrets } from '@app/testing';
import { chooseSandbox, type SandboxChoice } from '../src/sandbox/choose-sandbox.js';
import { FfmpegTranscoder } from '../src/transcoding/ffmpeg-transcoder.js';
import { ffmpegProgram } from '../src/ffmpeg/ffmpeg-program.js';
import { FfmpegEnv } from '../src/ffmpeg/ffmpeg.env.js';
import type { Sandbox } from '../src/sandbox/sandbox.js';

type Choice = Pick<SandboxChoice, 'isProduction' | 'mode' | 'setprivPath'>;

/** What contained media must not reach: files that hold secrets, and a listener that counts who connects. */
export class ContainmentFixture {
  connections = 0;
  readonly warnings: string[] = [];
  /** The contained program. */
  readonly program = ffmpegProgram(converterPath());
  /** The message it prints if it is asked to connect. A lean one cannot even try. */
  readonly noConnection = isLeanConverter() ? /Protocol not found/ : /unreachable|not permitted/;

  private constructor(
    readonly folder: string,
    private readonly listener: Server,
  ) {}

  static async create(): Promise<ContainmentFixture> {
    const listener = createServer();
    const fixture = new ContainmentFixture(await mkdtemp(join(tmpdir(), 'containment-')), listener);
    listener.on('connection', (socket) => {
      fixture.connections++;
      socket.on('error', () => undefined).end('HTTP/1.0 404 Not Found\r\n\r\n', () => socket.destroy());
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    await writeSecrets(fixture.folder);
    return fixture;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  async remove(): Promise<void> {
    await new Promise((resolve) => this.listener.close(resolve));
    await rm(this.folder, { recursive: true });
  }

  choose(choice: Choice): Promise<Sandbox> {
    const log = { warn: (message: string): void => void this.warnings.push(message) };
    return chooseSandbox({ ...choice, ffmpegPath: this.program, log });
  }

  /** The system's setpriv, or another, without some of its options. */
  async setprivWithout(option: string, setprivPath = 'setpriv', ...more: string[]): Promise<string> {
    const path = join(this.folder, `setpriv-without${[option, ...more].join('')}`);
    const cases = [option, ...more].map(
      (each) => `case " $* " in *" ${each} "*) echo "setpriv: unrecognized option '${each}'" >&2; exit 1 ;; esac\n`,
    );
    const script = `#!/bin/sh\n${cases.join('')}exec "${setprivPath}" "$@"\n`;
    await writeFile(path, script, { mode: 0o755 });
    return path;
  }

  transcode(sandbox: Sandbox, sourcePath: string, outputPath: string): Promise<unknown> {
    const env = Object.assign(new FfmpegEnv(), { FFMPEG_PATH: this.program });
    const { signal } = new AbortController();
    const sut = new FfmpegTranscoder(env, sandbox);
    return sut.transcode({ sourcePath, outputPath, signal, onProgress: () => undefined });
  }
}

/** Zero for a file that is not there. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
