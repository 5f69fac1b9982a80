import type { ObjectSweepRepository } from '@app/database';
import type { ObjectStorage } from '@app/storage';

export const OTHER_STORE =
  'The object storage holds objects but does not belong to this database: none of them will be deleted. Check the ' +
  'settings of both. If they are right, run `npm run admin -- storage adopt`.';

/**
 * Writes the identity of the database into a store that is empty, or that an earlier version has filled for it. Returns
 * whether the store belongs to the database: only then are objects without a job removed.
 */
export async function identifyStorage(storage: ObjectStorage, sweep: ObjectSweepRepository): Promise<boolean> {
  const [{ identity }, stored] = [await sweep.state(), await storage.readIdentity()];
  if (stored === identity) return true;
  const isFromEarlierVersion = stored === null && (await sweep.hasJobs());
  if (!isFromEarlierVersion && (await hasObjects(storage))) return false;
  await storage.writeIdentity(identity);
  return true;
}

async function hasObjects(storage: ObjectStorage): Promise<boolean> {
  const { done } = await storage.list('')[Symbol.asyncIterator]().next();
  return done !== true;
}
