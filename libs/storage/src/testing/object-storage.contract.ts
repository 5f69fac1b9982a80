import { afterEach, beforeEach, describe } from 'vitest';
import { describeReading } from './reading.contract.js';
import type { StorageSubject } from './storage-subject.js';
import { describeMaintenance } from './maintenance.contract.js';
import { describeFailedWrites, describeWriting } from './writing.contract.js';

/** The contract of every adapter of the `ObjectStorage` port. */
export function describeObjectStorage(start: () => Promise<StorageSubject>): void {
  describe('contract of ObjectStorage', () => {
    let subject: StorageSubject;
    beforeEach(async () => {
      subject = await start();
    });
    afterEach(() => subject.stop());

    const current = (): StorageSubject => subject;
    describe('writing', () => describeWriting(current));
    describe('a write that fails', () => describeFailedWrites(current));
    describe('reading', () => describeReading(current));
    describe('maintenance', () => describeMaintenance(current, start));
  });
}
