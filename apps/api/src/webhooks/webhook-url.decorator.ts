import { ValidateBy } from 'class-validator';

export const MAX_URL_CHARACTERS = 2048;

/** Accepts an address that can be called. Private addresses are rejected when it is called, after DNS. */
export function IsWebhookUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'isWebhookUrl',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isWebhookUrl(value),
      defaultMessage: () =>
        `$property must be an http or https URL without a password, at most ${MAX_URL_CHARACTERS} characters`,
    },
  });
}

export function isWebhookUrl(text: string): boolean {
  // The parser of URLs ignores spaces and control characters in some places.
  if (text.length > MAX_URL_CHARACTERS || /[\s\p{Cc}]/u.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password, port } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '' && port !== '0';
}
