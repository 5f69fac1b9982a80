import express from 'express';
import { describe, expect, it } from 'vitest';
import { trustedProxies } from './trusted-proxies.js';

describe('trustedProxies', () => {
  it.each([
    ['0', 0],
    [' 2 ', 2],
    ['loopback', ['loopback']],
    ['10.0.0.0/8, 192.0.2.1,fd00::/8', ['10.0.0.0/8', '192.0.2.1', 'fd00::/8']],
  ])('reads %j, which Express accepts', (text, setting) => {
    expect(trustedProxies(text)).toEqual(setting);
    expect(() => express().set('trust proxy', setting)).not.toThrow();
  });

  // Whoever trusts every proxy lets each client choose its address.
  it.each(['true', '*', '-1', '10.0.0.0/33', '10.0.0.0/8/8', 'proxy.local', '10.0.0', 'loopback,,'])(
    'rejects %j',
    (text) => {
      expect(trustedProxies(text)).toBeUndefined();
    },
  );
});
