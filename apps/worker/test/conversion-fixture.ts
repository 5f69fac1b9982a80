import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ClaimedJob } from '@app/database';
import { DirectoryObjectStorage, outputKey, type ObjectStorage } from '@app/storage';
import { Logger } from '@nestjs/common';
import { expect } from 'vitest';
import { ConversionEnv } from '../src/conversion/conversion.env.js';
import { ConvertVideoUseCase } from '../src/conversion/convert-video.use-case.js';
import { SourceConverter } from '../src/conversion/source-converter.js';
import { FakeTranscoder } from './fake-transcoder.js';
import { WorkerParts } from './worker-parts.js';

const NO_LEASE = { lease_token: null, lease_owner: null, lease_until: null };

/** Jobs with a stored source, and the use case with the parts of a worker and a fake for ffmpeg. */
export class ConversionFixture {
  private constructor(
    readonly parts: WorkerParts,
    readonly storage: ObjectStorage,
  ) {}

  static async create(): Promise<ConversionFixture> {
    Logger.overrideLogger(false);
    const parts = await WorkerParts.create();
    const storage = new DirectoryObjectStorage(join(parts.folder, 'objects'));
    await storage.prepare();
    return new ConversionFixture(parts, storage);
  }

  aUseCase(worker = this.parts.aWorker()) {
    const transcoder = new FakeTranscoder();
    const { keeper, finisher, workspace } = worker;
    const converter = new SourceConverter(this.storage, transcoder, new ConversionEnv());
    return { worker, transcoder, sut: new ConvertVideoUseCase(this.storage, converter, keeper, finisher, workspace) };
  }

  async aClaimedJob(columns: Record<string, unknown> = {}): Promise<ClaimedJob> {
    const job = await this.parts.aClaimedJob(columns);
    await this.storage.write(job.sourceKey, Readable.from(['the video']), { contentType: 'video/mp4' });
    return job;
  }

  read({ jobId }: ClaimedJob) {
    return this.parts.fixture.read(jobId);
  }

  keyOf(job: ClaimedJob): string {
    return outputKey(job.jobId, job.attempt, job.token);
  }

  async outputsOf({ jobId }: ClaimedJob): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.storage.list(`output/${jobId}/`)) keys.push(key);
    return keys;
  }

  /** Does what the reconciler does with the job of a dead worker. */
  async takeAway({ jobId }: ClaimedJob): Promise<void> {
    await this.parts.fixture.change(jobId, { ...NO_LEASE, status: 'PENDING' });
  }

  /** After each test: asserts that no run has left files. */
  async settle(): Promise<void> {
    for (const folder of await readdir(join(this.parts.folder, 'work'))) {
      expect(await readdir(join(this.parts.folder, 'work', folder))).toEqual([]);
    }
    await this.parts.settle();
  }

  async remove(): Promise<void> {
    await this.parts.remove();
  }
}
