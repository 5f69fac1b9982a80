import { CoreEnv, EmailEnv, PublicUrlEnv } from '@app/config';
import { DatabaseEnv } from '@app/database';
import { FailpointsEnv } from '@app/failpoints';
import { MessagingEnv } from '@app/messaging';
import { SecretKeyEnv } from '@app/secrets';
import { StorageEnv } from '@app/storage';
import { AuthEnv } from './auth/auth.env.js';
import { RateLimitsEnv } from './rate-limits/rate-limits.env.js';
import { HttpEnv } from './http/http.env.js';
import { JobsEnv } from './jobs/jobs.env.js';
import { UploadsEnv } from './uploads/uploads.env.js';

/** Everything that the api reads from its environment. */
export const API_ENVIRONMENT = [
  CoreEnv,
  DatabaseEnv,
  MessagingEnv,
  StorageEnv,
  FailpointsEnv,
  HttpEnv,
  SecretKeyEnv,
  AuthEnv,
  RateLimitsEnv,
  UploadsEnv,
  JobsEnv,
  PublicUrlEnv,
  EmailEnv,
] as const;

/** The commands of an operator need the database only. */
export const COMMAND_ENVIRONMENT = [CoreEnv, DatabaseEnv] as const;
