import { CoreEnv } from '@app/config';
import { DatabaseEnv } from '@app/database';
import { MessagingEnv } from '@app/messaging';
import { StorageEnv } from '@app/storage';

/** Everything that setup reads from its environment. */
export const SETUP_ENVIRONMENT = [CoreEnv, DatabaseEnv, MessagingEnv, StorageEnv] as const;

/** Migrations need nothing but the database. */
export const MIGRATION_ENVIRONMENT = [CoreEnv, DatabaseEnv] as const;
