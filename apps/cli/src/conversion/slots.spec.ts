import { describe, expect, it } from 'vitest';
import { Slots } from './slots.js';

describe('Slots', () => {
  it('lets so many in at a time, in their order, and the next one in after a failure too', async () => {
    const slots = new Slots(2);
    const begun: string[] = [];
    const gates = new Map<string, PromiseWithResolvers>();
    const work = (name: string): Promise<void> =>
      slots.use(() => {
        begun.push(name);
        const gate = gateOf();
        gates.set(name, gate);
        return gate.promise;
      });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(work);
    const failed = expect(a).rejects.toThrow('a failed');
    expect(begun).toEqual(['a', 'b']);

    gates.get('a')?.reject(new Error('a failed'));
    await failed;
    expect(begun).toEqual(['a', 'b', 'c']);

    gates.get('b')?.resolve();
    await b;
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    gates.get('c')?.resolve();
    gates.get('d')?.resolve();
    await Promise.all([c, d]);
  });
});

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function gateOf(): PromiseWithResolvers {
  let settle: Omit<PromiseWithResolvers, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  if (settle === undefined) throw new Error('A promise runs its executor at once');
  return { promise, ...settle };
}
