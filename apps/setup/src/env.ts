import { CoreEnv, readEnvironment, type Environment } from '@app/config';
import { DatabaseEnv } from '@app/database';
import { MessagingEnv } from '@app/messaging';
import { StorageEnv } from '@app/storage';

export function readSetupEnvironment(): Environment {
  return readEnvironment([CoreEnv, DatabaseEnv, MessagingEnv, StorageEnv]);
}

/** Migrations need nothing but the database. */
export function readMigrationEnvironment(): Environment {
  return readEnvironment([DatabaseEnv]);
}
