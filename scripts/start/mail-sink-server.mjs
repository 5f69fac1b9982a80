import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** `node mail-sink-server.mjs PORT FOLDER`: a mail server for development. Sends nothing, and keeps each email as a file. */

const MAX_BYTES = 10 * 1024 ** 2;

const [port, folder] = process.argv.slice(2);
if (port === undefined || folder === undefined) throw new Error('A port and a folder are needed');
mkdirSync(folder, { recursive: true });
let count = 0;

const server = new SMTPServer({
  authOptional: true,
  hideSTARTTLS: true,
  size: MAX_BYTES,
  onData: (stream, { envelope }, callback) => {
    keep(
      stream,
      envelope.rcptTo.map(({ address }) => address),
    ).then(() => callback(), callback);
  },
});
server.on('error', (error) => console.error(error.message));
server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));

/**
 * @param {AsyncIterable<Buffer>} stream
 * @param {string[]} recipients
 */
async function keep(stream, recipients) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const source = Buffer.concat(chunks);
  const { subject = '' } = await simpleParser(source);
  count += 1;
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const file = join(String(folder), `${time}-${count}.eml`);
  // Links in emails set passwords: nobody else reads them.
  writeFileSync(file, source, { mode: 0o600, flag: 'wx' });
  console.log(`to ${recipients.join(', ')}: ${subject} (${file})`);
}
