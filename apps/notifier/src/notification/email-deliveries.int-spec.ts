import { createHash, randomUUID } from 'node:crypto';
import { MailRepository } from '@app/database';
import { SignedTokens, UNSUBSCRIBE_LINKS, VERIFICATION_LINKS } from '@app/secrets';
import { waitFor } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MailReceiver, type ReceivedMail } from '../../test/mail-receiver.js';
import { NotifierUnderTest, TEST_SECRET } from '../../test/notifier-under-test.js';

const OWNER = 'owner@example.org';
const JOB_ID = '0b0f1c7e-93ee-4cb5-8a57-6ff12ba1a8c4';

interface Row {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly mail_id: string | null;
  readonly last_error: string | null;
}

describe('emails', () => {
  let sut: NotifierUnderTest;
  let receiver: MailReceiver;

  beforeAll(async () => {
    receiver = await MailReceiver.start();
    sut = await NotifierUnderTest.prepare();
    await sut.start({
      SMTP_URL: receiver.url,
      MAIL_FROM: 'Video to MP3 <mp3@example.org>',
      PUBLIC_URL: 'https://mp3.example.org/',
      SMTP_TIMEOUT_SECONDS: '2',
    });
  });
  beforeEach(async () => {
    receiver.behavior = 'accept';
    await sut.fixture.database.rows(`UPDATE users SET email = $2, email_verified_at = now() WHERE id = $1`, [
      sut.user.id,
      OWNER,
    ]);
  });
  afterEach(async () => {
    await sut.fixture.database.rows('DELETE FROM deliveries');
    receiver.mails.splice(0);
    receiver.attempts = 0;
  });
  afterAll(async () => {
    await sut?.stop();
    await Promise.all([sut?.remove(), receiver?.stop()]);
  });

  const finish = (facts: Parameters<NotifierUnderTest['finish']>[0] = {}): Promise<string> =>
    sut.finish({ job_id: randomUUID(), notify_email: true, ...facts });

  const rows = (): Promise<Row[]> =>
    sut.fixture.database.rows<Row & object>(
      `SELECT id, status, attempt, mail_id, last_error FROM deliveries WHERE channel = 'email' ORDER BY created_at`,
    );

  const recorded = (count: number): Promise<Row[]> =>
    waitFor(
      async () => {
        const all = await rows();
        return all.length === count ? all : null;
      },
      { what: `${count} deliveries` },
    );

  /** Ends the gathering, or the wait for the next attempt. */
  const makeDue = (): Promise<unknown> =>
    sut.fixture.database.rows(`UPDATE deliveries SET next_attempt_at = now() WHERE status = 'PENDING'`);

  const become = (status: string, attempt: number): Promise<Row[]> =>
    waitFor(
      async () => {
        const all = await rows();
        const isSettled = (row: Row): boolean =>
          row.status === status && row.attempt === attempt && (status === 'DELIVERED' || row.last_error !== null);
        return all.length > 0 && all.every(isSettled) ? all : null;
      },
      { what: `deliveries that are ${status} after attempt ${attempt}` },
    );

  const arrived = (count = 1): Promise<ReceivedMail> =>
    waitFor(() => (receiver.mails.length >= count ? receiver.mails[count - 1] : null), { what: `mail ${count}` });

  async function sendOne(facts: Parameters<NotifierUnderTest['finish']>[0] = {}): Promise<ReceivedMail> {
    await finish(facts);
    await recorded(1);
    await makeDue();
    return arrived();
  }

  it('tell the owner that an MP3 is ready', async () => {
    const { parsed, recipients } = await sendOne({ job_id: JOB_ID, filename: 'clip.mp4', duration_ms: 3_723_000 });
    expect(recipients).toEqual([OWNER]);
    expect(parsed.from?.text).toBe('"Video to MP3" <mp3@example.org>');
    expect(parsed.subject).toBe('Your MP3 is ready: clip.mp4');
    for (const part of ['File: clip.mp4', `Job: ${JOB_ID}`, 'Length: 1:02:03', 'https://mp3.example.org/']) {
      expect(parsed.text).toContain(part);
      expect(parsed.html).toContain(part);
    }
    expect(await become('DELIVERED', 1)).toMatchObject([{ last_error: null }]);
  });

  it('say why a conversion failed', async () => {
    const facts = { status: 'FAILED', error: 'no_audio_stream', duration_ms: null, output_size: null } as const;
    const { parsed } = await sendOne(facts);
    expect(parsed.subject).toBe('Your conversion failed: clip.mp4');
    expect(parsed.text).toContain('The file has no audio track.');
    expect(parsed.text).not.toContain('Length');
  });

  it('have a link that stops them, for one click', async () => {
    const { source, parsed } = await sendOne();
    expect(source).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r?$/m);
    const url = /^List-Unsubscribe: <(\S+)>\r?$/m.exec(source)?.[1] ?? '';
    expect(parsed.text).toContain(url);
    expect(url).toMatch(/^https:\/\/mp3\.example\.org\/email\/unsubscribe\?token=/);
    const token = new URL(url).searchParams.get('token') ?? '';
    expect(new SignedTokens(TEST_SECRET, UNSUBSCRIBE_LINKS).verify(token)).toEqual({ user: sut.user.id });
  });

  it('are one for jobs that finish together', async () => {
    await finish({ filename: 'one.mp4' });
    await finish({ filename: 'two.mp4' });
    await finish({ filename: 'three.mp4', status: 'FAILED', error: 'corrupt_source' });
    const [first] = await recorded(3);
    // Only the oldest is due, as after the gathering window.
    await sut.fixture.database.rows(`UPDATE deliveries SET next_attempt_at = now() WHERE id = $1`, [first?.id]);
    const { parsed } = await arrived();
    expect(parsed.subject).toBe('3 conversions finished: 2 ready, 1 failed');
    for (const name of ['one.mp4', 'two.mp4', 'three.mp4']) expect(parsed.text).toContain(`File: ${name}`);
    const delivered = await become('DELIVERED', 1);
    expect(new Set(delivered.map(({ mail_id }) => mail_id))).toEqual(new Set([first?.id]));
    expect(parsed.messageId).toBe(`<${first?.id}@example.org>`);
    expect(receiver.mails).toHaveLength(1);
  });

  it('have the same Message-ID and jobs again after an answer was lost', async () => {
    receiver.behavior = 'lose the answer';
    await finish({ filename: 'one.mp4' });
    await finish({ filename: 'two.mp4' });
    await recorded(2);
    await makeDue();
    await become('PENDING', 1);
    receiver.behavior = 'accept';
    // A later job must not change a mail that may have arrived.
    await finish({ filename: 'later.mp4' });
    await recorded(3);
    await sut.fixture.database.rows(
      `UPDATE deliveries SET next_attempt_at = now() WHERE status = 'PENDING' AND attempt = 1`,
    );
    const again = await arrived(2);
    const [first] = receiver.mails;
    expect(again.parsed.messageId).toBe(first?.parsed.messageId);
    expect(again.parsed.text).toBe(first?.parsed.text);
    expect(again.parsed.text).not.toContain('later.mp4');
  });

  it.each([
    ['greylist', 'The mail server does not accept the email yet (451).'],
    ['hang', 'The mail server did not answer within 2 seconds.'],
    ['die in the message', 'The connection to the mail server failed.'],
  ] as const)('are sent again later to a server that does this: %s', async (behavior, error) => {
    receiver.behavior = behavior;
    await finish();
    await recorded(1);
    await makeDue();
    expect(await become('PENDING', 1)).toMatchObject([{ last_error: error }]);
    receiver.behavior = 'accept';
    await makeDue();
    await become('DELIVERED', 2);
    expect(receiver.mails).toHaveLength(1);
  });

  it('fail for good when the server rejects them', async () => {
    receiver.behavior = 'reject';
    await finish();
    await recorded(1);
    await makeDue();
    expect(await become('FAILED', 1)).toMatchObject([{ last_error: 'The mail server rejected the email (550).' }]);
  });

  it('let no name of a file write a header or HTML', async () => {
    const filename = 'a\r\nBcc: victim@example.org\r\n\r\n<script>alert("1")</script>\u202e & "b".mp4';
    const { source, parsed, recipients } = await sendOne({ filename });
    expect(recipients).toEqual([OWNER]);
    expect(parsed.bcc).toBeUndefined();
    expect(source).not.toMatch(/^Bcc:/im);
    expect(parsed.subject).toBe('Your MP3 is ready: a Bcc: victim@example.org <script>alert("1")</script> & "b".mp4');
    expect(parsed.html).not.toContain('<script');
    expect(parsed.html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &quot;b&quot;.mp4');
  });

  it('are not sent about conversions that the owner stopped, nor to an address that is not verified', async () => {
    // Their callbacks show that the events were recorded.
    await finish({ status: 'CANCELED', callback_url: 'https://example.org/1' });
    await sut.fixture.database.rows('UPDATE users SET email_verified_at = NULL');
    await finish({ callback_url: 'https://example.org/2' });
    await waitFor(
      async () => (await sut.fixture.database.rows(`SELECT FROM deliveries WHERE channel = 'webhook'`)).length === 2,
      { what: 'both callbacks' },
    );
    expect(await rows()).toEqual([]);
  });

  it('verify an address with a link that names it', async () => {
    await sut.fixture.database.rows('UPDATE users SET email_verified_at = NULL');
    const mails = new MailRepository(sut.fixture.database);
    expect(await mails.requestVerification(sut.user.id)).toBe('requested');
    const { parsed, recipients } = await arrived();
    expect(recipients).toEqual([OWNER]);
    const token = /confirm\?token=(\S+)/.exec(parsed.text ?? '')?.[1] ?? '';
    expect(new SignedTokens(TEST_SECRET, VERIFICATION_LINKS).verify(token)).toMatchObject({
      user: sut.user.id,
      email: OWNER,
    });
  });

  it('carry a token to set another password, of which the database has the hash only', async () => {
    await new MailRepository(sut.fixture.database).requestPasswordReset(OWNER.toUpperCase());
    const { parsed } = await arrived();
    const token = /password-reset\/confirm\?token=(\S+)/.exec(parsed.text ?? '')?.[1] ?? '';
    const [stored] = await sut.fixture.database.rows<{ hash: Buffer }>(
      `SELECT password_reset_hash AS hash FROM users WHERE id = $1 AND password_reset_until BETWEEN now() + interval '20 minutes' AND now() + interval '30 minutes'`,
      [sut.user.id],
    );
    expect(stored?.hash).toEqual(createHash('sha256').update(token).digest());
  });
});
