import { describe, expect, it } from 'vitest';
import { PrivateAddressError, checkLiteralHost, isPublicAddress, publicLookup } from './public-address.js';

const PUBLIC = ['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946'];
const NOT_PUBLIC = [
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '240.0.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '::1',
  '::',
  'fe80::1',
  'fc00::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  'not an address',
];

describe('isPublicAddress', () => {
  it.each(PUBLIC)('accepts %s', (address) => expect(isPublicAddress(address)).toBe(true));
  it.each(NOT_PUBLIC)('rejects %s', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('checkLiteralHost', () => {
  it.each(['example.org', '8.8.8.8', '[2606:2800:220:1:248:1893:25c8:1946]'])('accepts %s', (host) => {
    expect(() => checkLiteralHost(host)).not.toThrow();
  });

  it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]'])('rejects %s', (host) => {
    expect(() => checkLiteralHost(host)).toThrow(PrivateAddressError);
  });

  // `new URL` converts these forms, which C libraries accept, to plain IPv4 addresses.
  it.each(['http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://127.1/'])('rejects %s', (url) => {
    expect(() => checkLiteralHost(new URL(url).hostname)).toThrow(PrivateAddressError);
  });
});

it.each([{}, { all: true }])('publicLookup rejects a name of this machine (%o)', async (options) => {
  const error = await new Promise((resolve) => publicLookup('localhost', options, (problem) => resolve(problem)));
  expect(error).toBeInstanceOf(PrivateAddressError);
});
