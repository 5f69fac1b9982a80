import { CreateTables1763700000000 } from './1763700000000-create-tables.js';

/** Listed by hand, oldest first: a glob would not survive every builder. */
export const MIGRATIONS = [CreateTables1763700000000];
