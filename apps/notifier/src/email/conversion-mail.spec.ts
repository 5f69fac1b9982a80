import { describe, expect, it } from 'vitest';
import { conversionMail, type FinishedConversion } from './conversion-mail.js';

const READY: FinishedConversion = { jobId: 'job-1', filename: 'talk.mp4', durationMs: 3_723_400, error: null };
const FAILED: FinishedConversion = {
  jobId: 'job-2',
  filename: 'silent.mp4',
  durationMs: null,
  error: 'no_audio_stream',
};
const NO_LINKS = { page: null, unsubscribe: null };

describe('the email about conversions', () => {
  it('names the file, the job and the length of the MP3', () => {
    const { subject, text } = conversionMail([READY], NO_LINKS);
    expect(subject).toBe('Your MP3 is ready: talk.mp4');
    expect(text).toContain('Your MP3 is ready.\n\nFile: talk.mp4\nJob: job-1\nLength: 1:02:03\n');
  });

  it('says why a conversion failed', () => {
    const { subject, text } = conversionMail([FAILED], NO_LINKS);
    expect(subject).toBe('Your conversion failed: silent.mp4');
    expect(text).toContain('Your conversion failed. The file has no audio track. Upload a video that has one.');
    expect(text).not.toContain('Length');
  });

  it('has links if the service knows its address', () => {
    const links = { page: 'https://mp3.example.org/', unsubscribe: 'https://mp3.example.org/stop?token=t' };
    const { text, html } = conversionMail([READY], links);
    expect(text).toContain('Open your conversions:\nhttps://mp3.example.org/\n\nStop these emails:\n');
    expect(html).toContain('<a href="https://mp3.example.org/stop?token=t">Stop these emails</a>');
  });

  it('says how to stop the emails without a link if the service does not know its address', () => {
    const { text, html } = conversionMail([READY], NO_LINKS);
    expect(text).toContain('To stop these emails, turn off email notifications in your account.');
    expect(`${text}${html}`).not.toContain('http');
  });

  it.each([
    ['all are ready', [READY, READY], '2 MP3s are ready'],
    ['all failed', [FAILED, FAILED, FAILED], '3 conversions failed'],
    ['some failed', [READY, FAILED], '2 conversions finished: 1 ready, 1 failed'],
  ])('counts several in the subject: %s', (_, conversions, subject) => {
    expect(conversionMail(conversions, NO_LINKS).subject).toBe(subject);
  });

  it.each([
    ['breaks no line', 'a\r\nBcc: eve@example.org', 'a Bcc: eve@example.org'],
    ['turns no direction', 'a\u202Egpj.mp4', 'a gpj.mp4'],
    ['is short', 'x'.repeat(500), `${'x'.repeat(119)}…`],
    ['is the job if it is empty', '\u0000', 'job-1'],
  ])('contains a name that %s', (_, filename, shown) => {
    expect(conversionMail([{ ...READY, filename }], NO_LINKS).subject).toBe(`Your MP3 is ready: ${shown}`);
  });

  it('contains a name that is no HTML', () => {
    const { html } = conversionMail([{ ...READY, filename: '<img src=x onerror="1">&\'' }], NO_LINKS);
    expect(html).toContain('File: &lt;img src=x onerror=&quot;1&quot;&gt;&amp;&#39;');
  });
});
