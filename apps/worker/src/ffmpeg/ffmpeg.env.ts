import { EnvInteger, EnvOneOf, EnvText } from '@app/config';

/** The variables that `transcoding` reads. */
export class FfmpegEnv {
  /** The ffmpeg program: a name on the system's PATH, an absolute path, or the folder that `npm run ffmpeg:build` prints. From a folder, the worker uses the program that matches its processor. */
  @EnvText()
  FFMPEG_PATH = 'ffmpeg';

  /** `strict`: in production, a worker does not start if it cannot block network access for ffmpeg. `relaxed`: it starts anyway. */
  @EnvOneOf(['strict', 'relaxed'])
  SANDBOX: 'strict' | 'relaxed' = 'strict';

  /** The longest audio that is converted, in seconds. Longer audio fails with `too_long`, even if the file states a shorter duration. */
  @EnvInteger(1, 604_800)
  MAX_DURATION_SECONDS = 21_600;

  /** The longest time that one ffmpeg run can take, in seconds. */
  @EnvInteger(1, 604_800)
  FFMPEG_TIMEOUT_SECONDS = 7200;

  /** The longest time that ffmpeg can run without producing audio, in seconds. */
  @EnvInteger(1, 86_400)
  FFMPEG_STALL_SECONDS = 120;

  /** The most processor time that one ffmpeg run can use, in seconds. */
  @EnvInteger(1, 604_800)
  FFMPEG_CPU_SECONDS = 7200;
}
