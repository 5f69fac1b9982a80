import { randomUUID } from 'node:crypto';
import { DatabaseFixture } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConversionJob } from '../jobs/conversion-job.entity.js';
import { OwnedJobRepository } from '../jobs/owned-job.repository.js';
import { User } from '../users/user.entity.js';
import { UserRepository } from '../users/user.repository.js';

describe('WrittenSelect', () => {
  let fixture: DatabaseFixture;
  beforeAll(async () => {
    fixture = await DatabaseFixture.create();
  });
  afterAll(() => fixture.remove());

  it('reads an entity as TypeORM does, with every column', async () => {
    const user = await fixture.aUser();
    const id = await fixture.aJob(user, { output_size: 2 ** 40, started_at: new Date(), options: { bitrate: 128 } });
    const [expectedJob, expectedUser] = await fixture.database.use(async ({ manager }) => [
      await manager.findOneByOrFail(ConversionJob, { id }),
      await manager.findOneByOrFail(User, { id: user.id }),
    ]);
    const job = await new OwnedJobRepository(fixture.database).findOwned(id, user.id);
    expect(job).toBeInstanceOf(ConversionJob);
    expect(job).toEqual(expectedJob);
    expect(await new UserRepository(fixture.database).findById(user.id)).toEqual(expectedUser);
  });

  it('finds nothing where there is nothing', async () => {
    const user = await fixture.aUser();
    const other = await fixture.aUser();
    const id = await fixture.aJob(user);
    const sut = new OwnedJobRepository(fixture.database);
    expect(await sut.findOwned(id, other.id)).toBeNull();
    expect(await sut.findOwned(randomUUID(), user.id)).toBeNull();
  });
});
