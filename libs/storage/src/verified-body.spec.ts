import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { VerifiedBody } from './verified-body.js';

describe('VerifiedBody', () => {
  it('can fail before its reader listens', async () => {
    const source = new PassThrough();
    const body = new VerifiedBody(source, 10, 60_000);
    source.destroy(new Error('connection lost'));
    await new Promise((resolve) => body.once('close', resolve));
    await expect(buffer(body)).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});
