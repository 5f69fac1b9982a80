import { ValidateBy } from 'class-validator';

export const USERNAME_LENGTH = { min: 3, max: 50 };

/** Letters, marks and digits of any script, and a few signs. */
export const USERNAME_PATTERN = /^[\p{L}\p{M}\p{N}._@+-]+$/u;

/** UTF-16 units. Normalization can shorten a name, but takes quadratic time on a long run of combining marks. */
const MAX_RAW_LENGTH = 4 * USERNAME_LENGTH.max;

/** Alphabets that share shapes: a Cyrillic `а` looks like a Latin one. */
const LOOKALIKE_ALPHABETS = [
  /\p{Script=Latin}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Lisu}/u,
];
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
const LATIN_OR_DIGIT = /[\p{Script=Latin}0-9]/u;
const OTHER_DIGIT = /(?![0-9])\p{Nd}/u;

/** Returns one form of names that look the same but are encoded in two ways. Names that are too long stay as they are. */
export function normalizeUsername(value: unknown): unknown {
  return typeof value === 'string' && value.length <= MAX_RAW_LENGTH ? value.normalize('NFC') : value;
}

/** Rejects names that look like another name: invisible or full-width characters, mixed alphabets, mixed digits. */
export function IsDistinctUsername(): PropertyDecorator {
  return ValidateBy({
    name: 'isDistinctUsername',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isDistinct(value),
      defaultMessage: () => '$property must use one alphabet, and no invisible or full-width characters',
    },
  });
}

function isDistinct(name: string): boolean {
  if (name.length > MAX_RAW_LENGTH || INVISIBLE.test(name)) return false;
  // Compatibility characters, such as full-width letters, are those that NFKC replaces.
  if (name.normalize('NFKC') !== name) return false;
  if (LATIN_OR_DIGIT.test(name) && OTHER_DIGIT.test(name)) return false;
  return LOOKALIKE_ALPHABETS.filter((alphabet) => alphabet.test(name)).length <= 1;
}
