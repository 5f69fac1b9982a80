import { readJob } from '@app/client';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { Conversion } from '../conversion/conversion.js';
import { jsonLine } from './json-line.js';
import { columnsFor, headingRow, progressRow } from './progress-row.js';
import { resultLine } from './result-line.js';
import { Style } from './style.js';

const style = new Style(false, true);
const JOB = readJob({
  id: '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11',
  status: 'PROCESSING',
  filename: 'clip.mp4',
  progress: 48,
  error: null,
  error_message: null,
  duration: 245.3,
  output_size: 3_924_000,
  output_sha256: 'ab'.repeat(32),
});

function conversion(source = 'films/clip.mp4'): Conversion {
  const made = Conversion.ofFile(source);
  made.sizeBytes = 200_000_000;
  return made;
}

const row = (of: Conversion, width = 100, bytesPerSecond: number | null = null): string =>
  progressRow(of, columnsFor(width, [of.shortName]), style, { frame: 0, bytesPerSecond });

describe('the row of a file in work', () => {
  it('shows an upload with its pace', () => {
    const uploading = conversion();
    uploading.moveTo('uploading', 0.25);
    expect(row(uploading, 100, 10_000_000)).toBe(
      '⠋ clip.mp4  ━━━━━──────────────────  25 %  ───────────────────────        10 MB/s, 15 s left',
    );
  });

  it('shows a conversion', () => {
    const converting = conversion();
    converting.follow(JOB);
    expect(row(converting)).toBe('⠋ clip.mp4  ━━━━━━━━━━━━━━━━━━━━━━━ 100 %  ━━━━━━━━━━━────────────  48 %');
  });

  it.each([40, 60, 80, 100, 200])('stays on one line of %i columns, whatever the name', (width) => {
    for (const name of ['日本語の動画🎬'.repeat(20), 'a', `${'x'.repeat(300)}.mp4`]) {
      const uploading = conversion(name);
      uploading.moveTo('uploading', 0.999);
      expect(stringWidth(row(uploading, width, 123_456))).toBeLessThan(width);
      expect(stringWidth(headingRow(columnsFor(width, [name]), style))).toBeLessThan(width);
    }
  });

  it('has the conversion under its heading', () => {
    const columns = columnsFor(80, ['clip.mp4']);
    const converting = conversion();
    converting.follow({ ...JOB, progress: 100 });
    const line = progressRow(converting, columns, style, { frame: 0, bytesPerSecond: null });
    expect(headingRow(columns, style).indexOf('conversion')).toBe(line.lastIndexOf('  ━') + 2);
  });

  it('can do without colours and without Unicode', () => {
    const converting = conversion();
    converting.follow(JOB);
    const ascii = new Style(false, false);
    const line = progressRow(converting, columnsFor(80, ['clip.mp4']), ascii, { frame: 0, bytesPerSecond: null });
    expect(line).toMatch(/^[ -~]+$/);
  });
});

describe('the line of a file that ended', () => {
  it('names the MP3, its length and its size', () => {
    const done = conversion();
    done.output = 'films/clip.mp3';
    done.follow(JOB);
    done.moveTo('done');
    expect(resultLine(done, style)).toBe('✓ films/clip.mp4 → clip.mp3  4:05 · 3.9 MB');
    done.output = 'out/clip.mp3';
    expect(resultLine(done, style)).toContain('→ out/clip.mp3');
  });

  it('says why there is none, in words that cannot draw on the screen', () => {
    const failed = conversion('ev\u001b[2Jil\n.mp4');
    failed.fail({ code: 'no_audio_stream', message: 'The video has \u001b[31mno sound.\nReally.' });
    expect(resultLine(failed, style)).toBe('✗ ev[2Jil .mp4: The video has [31mno sound. Really. (no_audio_stream)');
  });

  it('is one line of JSON for scripts, with exact names', () => {
    const done = conversion('a\n"b".mp4');
    done.output = 'a\n"b".mp3';
    done.follow(JOB);
    done.moveTo('done');
    expect(jsonLine(done)).not.toContain('\n');
    expect(JSON.parse(jsonLine(done))).toEqual({
      source: 'a\n"b".mp4',
      output: 'a\n"b".mp3',
      status: 'DONE',
      job_id: JOB.id,
      duration: 245.3,
      output_size: 3_924_000,
      output_sha256: JOB.output_sha256,
      error: null,
      message: null,
    });
    const failed = conversion('c\u009b.mp4');
    failed.output = 'c.mp3';
    failed.fail({ code: 'empty_file', message: 'It is empty.' });
    expect(jsonLine(failed)).not.toContain('\u009b');
    expect(JSON.parse(jsonLine(failed))).toMatchObject({
      source: 'c\u009b.mp4',
      output: null,
      status: 'FAILED',
      job_id: null,
      error: 'empty_file',
      message: 'It is empty.',
    });
  });
});
