import { describe, expect, it } from 'vitest';
import { PartBuffer } from './part-buffer.js';

describe('PartBuffer', () => {
  it('accepts as many bytes as fit', () => {
    const part = new PartBuffer(Buffer.from(new SharedArrayBuffer(8)));
    expect(part.append(Buffer.from('hello'))).toBe(5);
    expect(part.append(Buffer.from('world'))).toBe(3);
    expect(part.append(Buffer.from('!'))).toBe(0);
    expect(part.bytes.toString()).toBe('hellowor');
    expect(part.roomBytes).toBe(0);
  });

  it('starts empty if its memory is reused', () => {
    const part = new PartBuffer(Buffer.from(new SharedArrayBuffer(8)).fill('12345678'));
    part.append(Buffer.from('abc'));
    expect(part.bytes.toString()).toBe('abc');
  });
});
