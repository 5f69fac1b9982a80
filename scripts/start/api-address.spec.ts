import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiAddress, checkAddress } from './api-address.mjs';

describe('apiAddress', () => {
  it.each([
    [undefined, 'http://127.0.0.1:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://127.0.0.1:3000'],
    ['::1', 'http://[::1]:3000'],
    ['192.0.2.7', 'http://192.0.2.7:3000'],
  ])('with HOST=%s is reached at %s', (host, url) => {
    expect(apiAddress(host, 3000).url).toBe(url);
  });
});

describe('checkAddress', () => {
  let other: Server;
  let taken: number;

  beforeEach(async () => {
    other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    taken = (other.address() as AddressInfo).port;
  });
  afterEach(() => new Promise((resolve) => other.close(resolve)));

  it('suggests another port if the port is in use', async () => {
    await expect(checkAddress(apiAddress(undefined, taken))).rejects.toThrow(
      new RegExp(`^Port ${taken} is in use by another program\\. Choose another: PORT=\\d+ npm start$`),
    );
  });

  it('rejects an address of another machine', async () => {
    await expect(checkAddress(apiAddress('192.0.2.7', taken))).rejects.toThrow(
      'HOST=192.0.2.7 is not an address of this',
    );
  });

  it('accepts a free port', async () => {
    await new Promise((resolve) => other.close(resolve));
    await expect(checkAddress(apiAddress(undefined, taken))).resolves.toBeUndefined();
  });
});
