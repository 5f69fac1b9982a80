import { describe, expect, it } from 'vitest';
import { identifyProcess, isSameProcessRunning, parseStartTime } from './process-identity.mjs';

function aStat({ name = 'node', state = 'S', startTime = '250993' } = {}): string {
  return `4711 (${name}) ${state} 1 4711 4711 0 -1 4194560 100 0 0 0 5 3 0 0 20 0 11 0 ${startTime} 1070080 12\n`;
}

describe('parseStartTime', () => {
  it('reads the start time', () => {
    expect(parseStartTime(aStat())).toBe('250993');
  });

  it('handles a name with parentheses and spaces', () => {
    expect(parseStartTime(aStat({ name: 'a) S 1 2 (b' }))).toBe('250993');
  });

  it('treats a process that is not reaped yet as ended', () => {
    expect(parseStartTime(aStat({ state: 'Z' }))).toBeNull();
  });
});

describe('isSameProcessRunning', () => {
  it('is true for this process', () => {
    const identity = identifyProcess(process.pid);

    expect(identity).not.toBeNull();
    expect(identity !== null && isSameProcessRunning(identity)).toBe(true);
  });

  it('is false for a later process with the same id', () => {
    expect(isSameProcessRunning({ pid: process.pid, startTime: 'some-boot/1' })).toBe(false);
  });
});
