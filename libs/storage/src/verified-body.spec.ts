import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { VerifiedBody } from './verified-body.js';

describe('VerifiedBody', () => {
  it('can fail before its reader listens, without an uncaught exception', async () => {
    const uncaught = vi.fn();
    process.setUncaughtExceptionCaptureCallback(uncaught);
    onTestFinished(() => process.setUncaughtExceptionCaptureCallback(null));
    const source = new PassThrough();
    const body = new VerifiedBody(source, 10, 60_000);
    source.destroy(new Error('connection lost'));
    while (!body.destroyed) await turn();
    await turn();
    await expect(buffer(body)).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(uncaught).not.toHaveBeenCalled();
  });
});
