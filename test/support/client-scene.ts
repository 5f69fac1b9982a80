import { copyFile } from 'node:fs/promises';
import { FaultProxy, makeClip } from '@app/testing';
import { ensureClientBundle } from '../../scripts/client/client-bundle.mjs';
import { ClientMachine } from './client-process.js';
import { PacedFfmpeg } from './paced-ffmpeg.js';
import { ServiceUnderTest } from './service-under-test.js';

/** Slow enough to be interrupted during a transfer. */
export const SLOW_BYTES_PER_SECOND = 20_000;

/** A service behind a proxy that can disturb connections, and a machine with the command-line client for each test. */
export class ClientScene {
  private ownMachine: ClientMachine | null = null;

  private constructor(
    readonly ffmpeg: PacedFfmpeg,
    readonly service: ServiceUnderTest,
    readonly proxy: FaultProxy,
    readonly clip: string,
  ) {}

  static async start(): Promise<ClientScene> {
    const ffmpeg = await PacedFfmpeg.create();
    const [service, clip] = await Promise.all([
      ServiceUnderTest.start({ env: { FFMPEG_PATH: ffmpeg.path } }),
      makeClip({ seconds: 8 }),
      ensureClientBundle(),
    ]);
    return new ClientScene(ffmpeg, service, await FaultProxy.start('127.0.0.1', service.port), clip);
  }

  /** The machine of this test. */
  get machine(): ClientMachine {
    if (this.ownMachine === null) throw new Error('No test has begun');
    return this.ownMachine;
  }

  async beginTest(): Promise<void> {
    this.ownMachine = await ClientMachine.create(`http://127.0.0.1:${this.proxy.port}`);
  }

  async endTest(): Promise<void> {
    this.proxy.throttle(undefined);
    this.proxy.release();
    await this.ffmpeg.speedUp();
    await this.machine.remove();
  }

  async stop(): Promise<void> {
    await this.proxy.close();
    await this.service.stop();
    await this.ffmpeg.remove();
  }

  /** Copies the clip to the machine of this test. Returns its name there. */
  async video(name: string): Promise<string> {
    await copyFile(this.clip, this.machine.path(name));
    return name;
  }
}
