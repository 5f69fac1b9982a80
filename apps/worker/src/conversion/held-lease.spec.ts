import { describe, expect, it } from 'vitest';
import { HeldLease } from './held-lease.js';
import { LeaseLostError } from './stop-reasons.js';

const aLease = () => new HeldLease({ jobId: 'job', token: 'token' });

describe('HeldLease', () => {
  it('only increases progress, in whole per cent, and never to 100', () => {
    const sut = aLease();
    const seen = [0.4, 12.9, 7, -3, 99.99, 100, 250].map((percent) => {
      sut.reportProgress(percent);
      return sut.progress;
    });
    expect(seen).toEqual([0, 12, 12, 12, 99, 99, 99]);
  });

  it('ignores a number that the heartbeat could not write', () => {
    const sut = aLease();
    sut.reportProgress(40);
    sut.reportProgress(NaN);
    expect(sut.progress).toBe(40);
    sut.reportProgress(Infinity);
    expect(sut.progress).toBe(99);
  });

  it('stops its run with the first reason', () => {
    const sut = aLease();
    const reason = new LeaseLostError();
    sut.stop(reason);
    sut.stop(new Error('later'));
    expect(sut.signal.reason).toBe(reason);
  });
});
