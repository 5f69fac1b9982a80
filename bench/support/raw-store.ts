import { createHash } from 'node:crypto';
import type { testServices } from '@app/testing';
import { Client } from 'minio';

const PART_BYTES = 16 * 1024 * 1024;

/** Sends parts to a bucket without the service, to measure the store itself. */
export class RawStore {
  private readonly client: Client;
  private readonly filler = Buffer.alloc(PART_BYTES, 0x5a);
  private readonly sha256 = createHash('sha256').update(this.filler).digest('hex');
  private readonly bucket = `bench-${crypto.randomUUID()}`;

  constructor(server: NonNullable<ReturnType<typeof testServices>['minio']>) {
    const [endPoint = '', port] = server.endpoint.split(':');
    this.client = new Client({ ...server, endPoint, port: Number(port), useSSL: false, region: 'us-east-1' });
  }

  async prepare(): Promise<void> {
    await this.client.makeBucket(this.bucket);
  }

  /** Uploads an object of this size, a multiple of 16 MiB, in parallel parts whose hash is already known. */
  async put(sizeBytes: number, atOnce: number): Promise<void> {
    const key = crypto.randomUUID();
    const uploadId = await this.client.initiateNewMultipartUpload(this.bucket, key, {});
    const numbers = Array.from({ length: sizeBytes / PART_BYTES }, (_, index) => index + 1).values();
    const etags: { part: number; etag: string }[] = [];
    const send = async (): Promise<void> => {
      for (const part of numbers) etags.push({ part, etag: await this.putPart(key, part, uploadId) });
    };
    await Promise.all(Array.from({ length: atOnce }, send));
    await this.client.completeMultipartUpload(
      this.bucket,
      key,
      uploadId,
      etags.toSorted((a, b) => a.part - b.part),
    );
    await this.client.removeObject(this.bucket, key);
  }

  async remove(): Promise<void> {
    await this.client.removeBucket(this.bucket);
  }

  private async putPart(key: string, part: number, uploadId: string): Promise<string> {
    const query = `partNumber=${part}&uploadId=${encodeURIComponent(uploadId)}`;
    const headers = { 'content-length': String(PART_BYTES) };
    const request = { method: 'PUT', bucketName: this.bucket, objectName: key, query, headers };
    const response = await this.client.makeRequestStreamAsync(request, this.filler, this.sha256, [200], '');
    response.resume();
    return (response.headers.etag ?? '').replaceAll('"', '');
  }
}
