import { afterEach, describe, expect, it, vi } from 'vitest';
import { Conversion } from './conversion.js';
import { RememberedJobs } from './remembered-jobs.js';

afterEach(() => vi.unstubAllGlobals());

/** A browser's storage, which the page keeps its list in. */
function stubStorage(): void {
  const items = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  });
}

describe('the remembered jobs', () => {
  it('stand in the order in which their files were chosen, however their uploads ended', () => {
    stubStorage();
    const [first, second] = ['one.mp4', 'two.mp4'].map((name) => Conversion.ofFile(new File(['x'], name)));
    const sut = new RememberedJobs(1);
    for (const { filename, size, chosenAt } of [second, first] as Conversion[])
      sut.add({ id: filename, filename, size, chosenAt });
    expect(sut.all().map(({ id }) => id)).toEqual(['two.mp4', 'one.mp4']);
    expect(new RememberedJobs(2).all()).toEqual([]);
  });
});
