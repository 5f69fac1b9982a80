import { CoreEnv } from '@app/config';
import { DatabaseEnv } from '@app/database';
import { FailpointsEnv } from '@app/failpoints';
import { MessagingEnv } from '@app/messaging';
import { StorageEnv } from '@app/storage';
import { ConversionEnv } from './conversion/conversion.env.js';
import { FfmpegEnv } from './transcoding/index.js';

/** The environment variables of a worker. */
export const WORKER_ENVIRONMENT = [
  CoreEnv,
  DatabaseEnv,
  MessagingEnv,
  StorageEnv,
  FailpointsEnv,
  ConversionEnv,
  FfmpegEnv,
] as const;
