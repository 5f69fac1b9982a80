import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Findings } from './support/formats/formats-document.js';

function findings(version: string, mp4: string | null, mkv: string | null): Findings {
  const sut = new Findings(version);
  sut.note('matrix', 'FLAC', 'mp4', mp4);
  sut.note('matrix', 'FLAC', 'mkv', mkv);
  return sut;
}

const row = (document: string): string | undefined => /^\| FLAC \|.*$/m.exec(document)?.[0];

describe('the document of formats', () => {
  it('has a dash for missing combinations', () => {
    const document = findings('5.1', '✓', null).document(null);
    expect(document).toContain('were written with ffmpeg 5.1.');
    expect(row(document)).toBe('| FLAC | ✓ | – | – | – | – | – |');
  });

  it('changes with the results of the same ffmpeg', () => {
    const current = findings('5.1', '✓', '✓').document(null);
    expect(findings('5.1', '✓', '✓').document(current)).toBe(current);
    expect(row(findings('5.1', '✓', null).document(current))).toBe('| FLAC | ✓ | – | – | – | – | – |');
    expect(row(findings('5.1', 'copied', '✓').document(current))).toBe('| FLAC | copied | – | – | – | ✓ | – |');
  });

  it('is valid for another ffmpeg with more or fewer combinations, but not with other results', () => {
    const current = findings('5.1', '✓', null).document(null);
    expect(findings('7.1', '✓', '✓').document(current)).toBe(current);
    expect(findings('7.1', null, '✓').document(current)).toBe(current);
    expect(findings('7.1', 'copied', null).document(current)).not.toBe(current);
  });

  it('is docs/formats.md, with the current texts and rows', async () => {
    const current = await readFile(join(import.meta.dirname, '../docs/formats.md'), 'utf8');
    expect(new Findings('0.0').document(current)).toBe(current);
  });
});
