import { request } from 'node:http';
import type { ApiClient } from '../../test/support/api-client.js';

const BOUNDARY = 'big-upload-boundary';
const CHUNK_BYTES = 256 * 1024;
/** The first box of an MP4, and the header of a last box that extends to the end of the file. */
const MP4_START = Buffer.concat([
  Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isommp41', 'latin1'),
  Buffer.from('\0\0\0\0mdat', 'latin1'),
]);

/** Streams an upload of this size that begins like an MP4. Resolves with the HTTP status. */
export async function uploadBytes(client: ApiClient, sizeBytes: number): Promise<number> {
  const head = Buffer.from(
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="big.mp4"\r\ncontent-type: video/mp4\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const upload = request(`${client.baseUrl}/media/upload`, {
    method: 'POST',
    headers: {
      ...client.headers,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': head.length + sizeBytes + tail.length,
    },
  });
  const answered = new Promise<number>((resolve, reject) => {
    upload.once('response', (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    upload.once('error', reject);
  });
  upload.write(head);
  for (const chunk of chunks(sizeBytes)) if (!upload.write(chunk)) await drained(upload);
  upload.end(tail);
  return answered;
}

function* chunks(sizeBytes: number): Generator<Buffer> {
  yield MP4_START;
  const filler = Buffer.alloc(CHUNK_BYTES, 0x5a);
  for (let left = sizeBytes - MP4_START.length; left > 0; left -= CHUNK_BYTES) {
    yield left >= CHUNK_BYTES ? filler : filler.subarray(0, left);
  }
}

function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => stream.once('drain', () => resolve()));
}
