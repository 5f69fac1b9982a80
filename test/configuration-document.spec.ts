import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationDocument, meaningsIn } from './support/configuration-document.js';

const DOCUMENT = join(import.meta.dirname, '../docs/configuration.md');

describe('docs/configuration.md', () => {
  it('matches the code', async () => {
    await expect(
      await configurationDocument(),
      'docs/configuration.md is out of date. Run: npm run docs:configuration',
    ).toMatchFileSnapshot(DOCUMENT);
  });
});

describe('the reader of descriptions', () => {
  it('reads the comment of each field, including several lines, and no other comment', () => {
    const code = `
      /** Of the class. */
      export class SampleEnv {
        /** How many
         *  at once: \`2\`, say. */
        @EnvInteger(1)
        SLOTS = 2;

        // Not a description.
        @EnvText()
        BUCKET = 'media';
      }`;
    expect(meaningsIn(code)).toEqual([['SLOTS', 'How many at once: `2`, say.']]);
  });
});
