import { ValidateBy, type ValidationOptions } from 'class-validator';
import { MAX_PASSWORD_BYTES } from './password-hasher.js';

export const MIN_PASSWORD_CHARACTERS = 8;

/** The description of a new password in the API document. */
export const NEW_PASSWORD = {
  description: `At least ${MIN_PASSWORD_CHARACTERS} characters, and at most ${MAX_PASSWORD_BYTES} bytes in UTF-8.`,
  format: 'password',
  minLength: MIN_PASSWORD_CHARACTERS,
  maxLength: MAX_PASSWORD_BYTES,
  example: 'correct horse battery',
};

/** Decoders replace bytes that are not UTF-8 with it, which would make different passwords equal. */
const REPLACEMENT_CHARACTER = '\ufffd';

/** Accepts a new password: 8 characters to 72 bytes, which is as far as bcrypt reads, in valid Unicode. */
export function IsNewPassword(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isNewPassword',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          !value.includes(REPLACEMENT_CHARACTER) &&
          Array.from(value).length >= MIN_PASSWORD_CHARACTERS &&
          Buffer.byteLength(value) <= MAX_PASSWORD_BYTES,
        defaultMessage: () =>
          `$property must have at least ${MIN_PASSWORD_CHARACTERS} characters and at most ${MAX_PASSWORD_BYTES} bytes of UTF-8`,
      },
    },
    options,
  );
}
