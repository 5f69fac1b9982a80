import { EnvInteger, EnvOneOf, EnvText } from '@app/config';

/** What the ffmpeg library reads. */
export class FfmpegEnv {
  /** The ffmpeg program: a name on the system's PATH, or an absolute path. */
  @EnvText()
  FFMPEG_PATH = 'ffmpeg';

  /** `strict`: production refuses to start where ffmpeg cannot be cut off from the network. `relaxed`: it starts anyway. */
  @EnvOneOf(['strict', 'relaxed'])
  SANDBOX: 'strict' | 'relaxed' = 'strict';

  /** Audio longer than this fails with `too_long`, whatever the file declares. */
  @EnvInteger(1, 604_800)
  MAX_DURATION_SECONDS = 21_600;

  /** How long one ffmpeg run may last. */
  @EnvInteger(1, 604_800)
  FFMPEG_TIMEOUT_SECONDS = 7200;

  /** How long ffmpeg may go without producing audio. */
  @EnvInteger(1, 86_400)
  FFMPEG_STALL_SECONDS = 120;

  /** How much processor time one ffmpeg run may use. */
  @EnvInteger(1, 604_800)
  FFMPEG_CPU_SECONDS = 7200;
}
