export { FfmpegEnv } from './ffmpeg.env.js';
export { FfmpegModule } from './ffmpeg.module.js';
export { FfmpegError } from './ffmpeg-error.js';
export { FfmpegTranscoder } from './ffmpeg-transcoder.js';
export { chooseSandbox, type SandboxChoice } from './choose-sandbox.js';
export { Sandbox, type SandboxWay } from './sandbox.js';
export { Transcoder, type TranscodeProgress, type TranscodeRequest, type TranscodeResult } from './transcoder.js';
