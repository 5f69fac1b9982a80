import { RetentionRepository, type ObjectOwner } from '@app/database';
import { OUTPUT_PREFIX, ObjectStorage, SOURCE_PREFIX, parseObjectKey, type ListedObject } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';

const BATCH = 500;

/** Removes stored objects that no job stands behind: what a crash left between storing and committing. */
@Injectable()
export class ObjectSweeper {
  private readonly logger = new Logger(ObjectSweeper.name);

  constructor(
    private readonly storage: ObjectStorage,
    private readonly owners: RetentionRepository,
  ) {}

  /** Looks only at what is older than `before`: younger objects may belong to an upload or a run under way. */
  async sweep(before: Date): Promise<void> {
    let removed = await this.storage.removeIncompleteUploads(before);
    for (const prefix of [SOURCE_PREFIX, OUTPUT_PREFIX]) {
      for await (const batch of batches(this.storage.list(prefix), before)) removed += await this.sweepBatch(batch);
    }
    if (removed > 0) this.logger.log({ msg: 'Removed objects that no job stands behind', removed });
  }

  private async sweepBatch(keys: readonly string[]): Promise<number> {
    const parsed = keys.flatMap((key) => {
      const owner = parseObjectKey(key);
      return owner === null ? [] : [{ key, ...owner }];
    });
    const owners = await this.owners.findObjectOwners([...new Set(parsed.map(({ jobId }) => jobId))]);
    const orphans = parsed.filter(({ key, jobId, leaseToken }) => isOrphan(key, leaseToken, owners.get(jobId)));
    for (const { key } of orphans) await this.storage.delete(key);
    return orphans.length;
  }
}

function isOrphan(key: string, leaseToken: string | undefined, owner: ObjectOwner | undefined): boolean {
  if (owner === undefined) return true;
  if (leaseToken === undefined) return false;
  return owner.outputKey !== key && owner.leaseToken !== leaseToken;
}

async function* batches(objects: AsyncIterable<ListedObject>, before: Date): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const { key, lastModified } of objects) {
    if (lastModified >= before) continue;
    batch.push(key);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
