let previous: Promise<unknown> = Promise.resolve();

/**
 * Returns the SHA-256 of a part, in hexadecimal. It is computed outside the event loop, which a part would block for
 * several milliseconds, and one part at a time, because each computation takes a copy of the part.
 */
export function sha256Of(bytes: Buffer<ArrayBuffer>): Promise<string> {
  const digest = previous.then(async () => {
    const hash = await crypto.subtle.digest('SHA-256', bytes);
    return Buffer.from(hash).toString('hex');
  });
  previous = digest.catch(() => undefined);
  return digest;
}
