export { selectAudio, type AudioSelection } from '../containers/sparse/select-audio.js';
export { FfmpegEnv } from '../ffmpeg/ffmpeg.env.js';
export { TranscodingModule } from './transcoding.module.js';
export { FfmpegError } from '../ffmpeg/ffmpeg-error.js';
export { FfmpegTranscoder } from './ffmpeg-transcoder.js';
export { chooseSandbox, type SandboxChoice } from '../sandbox/choose-sandbox.js';
export { Sandbox, type SandboxLayer } from '../sandbox/sandbox.js';
export {
  Transcoder,
  type SpareCores,
  type TranscodeProgress,
  type TranscodeRequest,
  type TranscodeResult,
} from './transcoder.js';
