import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

export type MailBehavior = 'accept' | 'greylist' | 'reject' | 'hang' | 'die in the message' | 'lose the answer';

/** A mail as it arrived. */
export interface ReceivedMail {
  readonly recipients: readonly string[];
  readonly source: string;
  readonly parsed: ParsedMail;
}

const reply = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });

/** A mail server, which behaves as it is told. */
export class MailReceiver {
  readonly mails: ReceivedMail[] = [];
  behavior: MailBehavior = 'accept';
  /** Mails that were begun, whatever became of them. */
  attempts = 0;
  private readonly server: SMTPServer;

  private constructor() {
    this.server = new SMTPServer({
      authOptional: true,
      hideSTARTTLS: true,
      onRcptTo: (_address, _session, callback) => {
        this.attempts += 1;
        if (this.behavior === 'greylist') callback(reply(451, '4.7.1 Greylisted, try again later'));
        else if (this.behavior === 'reject') callback(reply(550, '5.1.1 No such mailbox'));
        else callback();
      },
      onData: (stream, session, callback) => {
        void this.receive(stream, session).then((isAnswered) => (isAnswered ? callback() : undefined), callback);
      },
    });
    // A client that leaves early is part of the tests.
    this.server.on('error', () => undefined);
  }

  static async start(): Promise<MailReceiver> {
    const receiver = new MailReceiver();
    await once(receiver.server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(resolve));
  }

  /** Closes all connections, as a crash does. */
  private cut(): void {
    // Its own type calls the socket private.
    for (const { _socket: socket } of this.server.connections) socket.destroy();
  }

  private async receive(stream: AsyncIterable<Buffer>, session: SMTPServerSession): Promise<boolean> {
    if (this.behavior === 'die in the message') {
      this.cut();
      return false;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const source = Buffer.concat(chunks).toString();
    if (this.behavior === 'hang') return false;
    const recipients = session.envelope.rcptTo.map(({ address }) => address);
    this.mails.push({ recipients, source, parsed: await simpleParser(source) });
    if (this.behavior !== 'lose the answer') return true;
    this.cut();
    return false;
  }
}
