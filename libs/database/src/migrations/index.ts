import { CreateTables1763700000000 } from './1763700000000-create-tables.js';
import { Jobs1764200000000 } from './1764200000000-jobs.js';
import { Notifications1764300000000 } from './1764300000000-notifications.js';
import { DeliverySchedules1764400000000 } from './1764400000000-delivery-schedules.js';
import { Sources1764500000000 } from './1764500000000-sources.js';
import { TokenVersions1764600000000 } from './1764600000000-token-versions.js';

/** Listed by hand, oldest first: bundlers do not resolve a glob. */
export const MIGRATIONS = [
  CreateTables1763700000000,
  Jobs1764200000000,
  Notifications1764300000000,
  DeliverySchedules1764400000000,
  Sources1764500000000,
  TokenVersions1764600000000,
];
