import { ObjectSweepRepository, RetentionRepository, type ObjectOwner, type SweepSlice } from '@app/database';
import { OUTPUT_PREFIX, ObjectStorage, SOURCE_PREFIX, parseObjectKey, type ListedObject } from '@app/storage';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { MaintenanceTasks } from './maintenance-tasks.js';
import { StoreIdentity } from './store-identity.js';

const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;
/** Twice the longest upload: no upload that began earlier is still running. */
const ORPHAN_AGE_MS = DAY_SECONDS * 1_000;
/** Keys begin with a random UUID: each of its first digits has one sixteenth of the objects. */
const SLICES = 16;
const BATCH = 500;
/** A sweep that would remove more than both of these stops: the database may be the wrong one. */
const MAX_REMOVED = 100;
const MAX_REMOVED_SHARE = 0.05;

/** Removes stored objects that belong to no job, such as those of a crash between storing and committing. */
@Injectable()
export class ObjectSweeper implements OnModuleInit {
  private readonly logger = new Logger(ObjectSweeper.name);

  constructor(
    private readonly storage: ObjectStorage,
    private readonly owners: RetentionRepository,
    private readonly progress: ObjectSweepRepository,
    private readonly identity: StoreIdentity,
    private readonly tasks: MaintenanceTasks,
  ) {}

  onModuleInit(): void {
    this.tasks.add('The object sweeper', MINUTE_MS, () => this.sweep(new Date(Date.now() - ORPHAN_AGE_MS)));
  }

  /**
   * Sweeps the next slice of the store if it is due, so that each object is looked at once a day, by one process. Only
   * objects older than `before` count: younger ones may belong to an upload or a run in progress.
   */
  async sweep(before: Date): Promise<void> {
    if (!(await this.identity.matches())) return;
    const slice = await this.progress.takeSlice(SLICES, DAY_SECONDS / SLICES);
    if (slice !== null) await this.sweepSlice(slice, before);
  }

  private async sweepSlice(slice: SweepSlice, before: Date): Promise<void> {
    const startedAt = performance.now();
    const abortedUploads = await this.storage.removeIncompleteUploads(before);
    const { seen, orphans } = await this.findOrphans(slice.number.toString(16), before);
    if (isImplausible(slice, seen, orphans.length)) return this.holdBack(slice, seen, orphans.length);
    for (const key of orphans) await this.storage.delete(key);
    await this.progress.record(seen, orphans.length);
    const counts = { seen, removed: orphans.length, aborted_uploads: abortedUploads };
    const line = { msg: 'Swept a slice of the stored objects', slice: slice.number, ...counts, ms: since(startedAt) };
    if (orphans.length + abortedUploads > 0) this.logger.log(line);
    else this.logger.debug(line);
  }

  private async findOrphans(digit: string, before: Date): Promise<{ seen: number; orphans: string[] }> {
    let seen = 0;
    const orphans: string[] = [];
    for (const prefix of [SOURCE_PREFIX, OUTPUT_PREFIX]) {
      for await (const batch of batches(this.storage.list(`${prefix}${digit}`))) {
        seen += batch.length;
        orphans.push(...(await this.orphansOf(batch.filter(({ lastModified }) => lastModified < before))));
      }
    }
    return { seen, orphans };
  }

  private async orphansOf(objects: readonly ListedObject[]): Promise<string[]> {
    const parsed = objects.flatMap(({ key }) => {
      const owner = parseObjectKey(key);
      return owner === null ? [] : [{ key, ...owner }];
    });
    const outputs = parsed.filter(({ leaseToken }) => leaseToken !== undefined);
    const sources = parsed.filter(({ leaseToken }) => leaseToken === undefined);
    const owners = await this.owners.findObjectOwners([...new Set(outputs.map(({ jobId }) => jobId))]);
    const kept = await this.owners.findKeptSources(sources.map(({ key }) => key));
    return [
      ...sources.filter(({ key }) => !kept.has(key)),
      ...outputs.filter(({ key, jobId, leaseToken }) => isOrphan(key, leaseToken, owners.get(jobId))),
    ].map(({ key }) => key);
  }

  private async holdBack(slice: SweepSlice, seen: number, orphans: number): Promise<void> {
    await this.progress.holdBack(orphans);
    this.logger.error({
      msg:
        'The sweep of stored objects stopped before it removed an implausible share of them. Check that this database ' +
        'is the right one. If it is, run `npm run admin -- storage confirm-sweep`.',
      seen: slice.seen + seen,
      without_job: slice.removed + orphans,
    });
  }
}

function isImplausible(slice: SweepSlice, seen: number, orphans: number): boolean {
  if (slice.isConfirmed || orphans === 0) return false;
  const removed = slice.removed + orphans;
  return removed > MAX_REMOVED && removed > MAX_REMOVED_SHARE * (slice.seen + seen);
}

function isOrphan(key: string, leaseToken: string | undefined, owner: ObjectOwner | undefined): boolean {
  if (owner === undefined) return true;
  return owner.outputKey !== key && owner.leaseToken !== leaseToken;
}

async function* batches(objects: AsyncIterable<ListedObject>): AsyncGenerator<ListedObject[]> {
  let batch: ListedObject[] = [];
  for await (const object of objects) {
    batch.push(object);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}
