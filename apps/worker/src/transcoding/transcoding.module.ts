import { CoreEnv, EnvironmentError } from '@app/config';
import { DomainError } from '@app/domain';
import { Logger, Module } from '@nestjs/common';
import { chooseSandbox } from '../sandbox/choose-sandbox.js';
import { FfmpegTranscoder } from './ffmpeg-transcoder.js';
import { ffmpegProgram } from '../ffmpeg/ffmpeg-program.js';
import { FfmpegEnv } from '../ffmpeg/ffmpeg.env.js';
import { Sandbox } from '../sandbox/sandbox.js';
import { Transcoder } from './transcoder.js';

/** A `Transcoder` inside the strongest sandbox that this machine allows. */
@Module({
  providers: [
    { provide: Sandbox, inject: [CoreEnv, FfmpegEnv], useFactory: sandbox },
    {
      provide: Transcoder,
      inject: [FfmpegEnv, Sandbox],
      useFactory: (env: FfmpegEnv, chosen: Sandbox) => new FfmpegTranscoder(env, chosen),
    },
  ],
  exports: [Sandbox, Transcoder],
})
export class TranscodingModule {}

async function sandbox({ isProduction }: CoreEnv, { SANDBOX, FFMPEG_PATH }: FfmpegEnv): Promise<Sandbox> {
  try {
    const log = new Logger(TranscodingModule.name);
    const ffmpegPath = ffmpegProgram(FFMPEG_PATH);
    log.log(`Conversions run ${ffmpegPath}`);
    return await chooseSandbox({ isProduction, mode: SANDBOX, ffmpegPath, log });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'configuration_invalid')
      throw new EnvironmentError([error.message]);
    throw error;
  }
}
