import { EnvironmentError, type CoreEnv } from '@app/config';
import { DomainError } from '@app/domain';
import { Logger } from '@nestjs/common';
import { chooseSandbox, type FfmpegEnv, type Sandbox } from '../ffmpeg/index.js';

/** How every ffmpeg process of this worker is contained. */
export class ChosenSandbox {
  private constructor(readonly sandbox: Sandbox) {}

  /** Throws an EnvironmentError where this machine gives too little and the configuration does not allow less. */
  static async choose(env: FfmpegEnv, core: CoreEnv): Promise<ChosenSandbox> {
    try {
      const sandbox = await chooseSandbox({
        isProduction: core.isProduction,
        mode: env.SANDBOX,
        ffmpegPath: env.FFMPEG_PATH,
        log: new Logger('Sandbox'),
      });
      return new ChosenSandbox(sandbox);
    } catch (error) {
      throw error instanceof DomainError ? new EnvironmentError([error.message]) : error;
    }
  }

  get description(): string {
    return this.sandbox.network === 'namespace'
      ? 'ffmpeg has no network: it runs in a network namespace of its own.'
      : 'ffmpeg can reach the network: this machine refuses user namespaces.';
  }
}
