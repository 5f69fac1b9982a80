import { CoreEnv, readEnvironment, type Environment } from '@app/config';
import { DatabaseEnv } from '@app/database';
import { FailpointsEnv } from '@app/failpoints';
import { MessagingEnv } from '@app/messaging';
import { StorageEnv } from '@app/storage';
import { ConversionEnv } from './conversion/conversion.env.js';
import { FfmpegEnv } from './ffmpeg/index.js';

export function readWorkerEnvironment(): Environment {
  return readEnvironment([CoreEnv, DatabaseEnv, FailpointsEnv, MessagingEnv, StorageEnv, ConversionEnv, FfmpegEnv]);
}
