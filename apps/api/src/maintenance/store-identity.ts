import { ObjectSweepRepository } from '@app/database';
import { DomainError } from '@app/domain';
import { ObjectStorage } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';

const OTHER_STORE =
  'The object storage does not belong to this database, so no object is removed from it. Check the settings of both. ' +
  'If they are right, run `npm run admin -- storage adopt`.';

/** Compares the identity in the store with that of the database: `setup` gives both the same. */
@Injectable()
export class StoreIdentity {
  private readonly logger = new Logger(StoreIdentity.name);
  private hasWarned = false;

  constructor(
    private readonly storage: ObjectStorage,
    private readonly sweep: ObjectSweepRepository,
  ) {}

  /** Returns whether objects can be removed. Gives the store the identity of the database if an operator asked for it. */
  async matches(): Promise<boolean> {
    const { identity, isAdopting } = await this.sweep.state();
    if (isAdopting) {
      await this.storage.writeIdentity(identity);
      await this.sweep.setAdopting(false);
      this.logger.log('The object storage now belongs to this database');
    }
    const isSame = (await this.storage.readIdentity()) === identity;
    if (!isSame && !this.hasWarned) this.logger.error(OTHER_STORE);
    this.hasWarned = !isSame;
    return isSame;
  }

  /** For readiness: rejects with a sentence that says why no object is removed. */
  async check(): Promise<void> {
    const { identity, heldBack } = await this.sweep.state();
    if ((await this.storage.readIdentity()) !== identity) {
      throw new DomainError('configuration_invalid', { message: OTHER_STORE });
    }
    if (heldBack === 0) return;
    const message =
      `The sweep of stored objects stopped: ${heldBack} of them have no job, which is an implausible share. Check the ` +
      'database. If it is the right one, run `npm run admin -- storage confirm-sweep`.';
    throw new DomainError('configuration_invalid', { message });
  }
}
