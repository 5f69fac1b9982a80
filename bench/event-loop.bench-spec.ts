import { setImmediate as nextTurn } from 'node:timers/promises';
import { it } from 'vitest';
import { structuresAtLimits } from '../apps/worker/test/structures-at-limits.js';
import { report } from './support/figures.js';

const ROUNDS = 3;
const ENTRIES = 500_000;

it('the longest time for which a hostile file blocks the event loop of a worker', async () => {
  const figures: Record<string, number> = {};
  for (const [name, { bytes, read }] of Object.entries(structuresAtLimits(ENTRIES))) {
    const file = bytes();
    const longest: number[] = [];
    for (let round = 0; round < ROUNDS; round++) longest.push(await longestTurnMs(() => read(file)));
    // Other processes on the machine only make a turn longer.
    figures[`${name}, ms`] = Math.min(...longest);
  }
  report(`The longest turn of the event loop in CPU time, best of ${ROUNDS} rounds`, figures);
});

async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  let longest = 0;
  let last = process.cpuUsage();
  const turn = (): void => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.cpuUsage();
  };
  const working = work().finally(() => {
    turn();
    isOver = true;
  });
  for (; !isOver; turn()) await nextTurn();
  await working;
  return longest;
}
