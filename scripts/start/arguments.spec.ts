import { describe, expect, it } from 'vitest';
import { parseArguments, parsePort } from './arguments.mjs';

describe('parseArguments', () => {
  it('starts one worker by default', () => {
    expect(parseArguments([])).toEqual({ workers: 1, isHelp: false });
  });

  it.each([[['--workers', '3']], [['--workers=3']]])('reads %j', (args) => {
    expect(parseArguments(args).workers).toBe(3);
  });

  it.each(['0', '-1', '2.5', 'two', '', '65'])('rejects %j workers', (workers) => {
    expect(() => parseArguments([`--workers=${workers}`])).toThrow('--workers must be');
  });

  it('rejects unknown arguments', () => {
    expect(() => parseArguments(['--wrokers', '2'])).toThrow('--wrokers');
  });
});

describe('parsePort', () => {
  it('is 3000 by default', () => {
    expect(parsePort(undefined)).toBe(3000);
  });

  it.each(['0', '65536', '80a', '8e3'])('rejects %j', (text) => {
    expect(() => parsePort(text)).toThrow('PORT must be');
  });
});
