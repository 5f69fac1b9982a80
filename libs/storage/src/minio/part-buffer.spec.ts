import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PartBuffer } from './part-buffer.js';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('PartBuffer', () => {
  it('takes what it has room for', () => {
    const part = new PartBuffer(8);
    expect(part.append(Buffer.from('hello'))).toBe(5);
    expect(part.append(Buffer.from('world'))).toBe(3);
    expect(part.append(Buffer.from('!'))).toBe(0);
    expect(part.bytes.toString()).toBe('hellowor');
    expect(part.sha256()).toBe(hashOf('hellowor'));
  });

  it('begins anew in the same memory', () => {
    const part = new PartBuffer(8);
    part.append(Buffer.from('12345678'));
    const memory = part.bytes.buffer;
    part.reset(8);
    part.append(Buffer.from('abc'));
    expect(part.bytes.toString()).toBe('abc');
    expect(part.sha256()).toBe(hashOf('abc'));
    expect(part.bytes.buffer).toBe(memory);
  });

  it('grows between parts', () => {
    const part = new PartBuffer(4);
    part.reset(6);
    expect(part.append(Buffer.from('1234567'))).toBe(6);
  });

  it('is a valid empty part', () => {
    expect(new PartBuffer(4).sha256()).toBe(hashOf(''));
  });
});
