import { EnvText, type CrossChecked } from '@app/config';

export class MessagingEnv implements CrossChecked {
  /** `amqp://user:password@host:port/vhost`; a URL that ends in `//` means the virtual host `/`. */
  @EnvText()
  RABBITMQ_URL = '';

  problems(): string[] {
    const isUrl = /^amqps?:\/\/[^/\s]+/.test(this.RABBITMQ_URL) && URL.canParse(this.RABBITMQ_URL);
    return isUrl ? [] : ['RABBITMQ_URL must look like amqp://user:password@host:5672/vhost'];
  }
}
