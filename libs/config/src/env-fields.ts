import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';

/** The description of each variable, by the prototype of its fragment. */
const kinds = new WeakMap<object, Map<PropertyKey, string>>();

/** Describes the values that a variable of a fragment can have, for the documents. */
export function kindOf(fragment: new () => object, name: string): string | undefined {
  return kinds.get(fragment.prototype as object)?.get(name);
}

const field =
  (kind: string, ...decorators: PropertyDecorator[]): PropertyDecorator =>
  (target, key) => {
    kinds.set(target, (kinds.get(target) ?? new Map<PropertyKey, string>()).set(key, kind));
    for (const decorate of decorators) decorate(target, key);
  };

/** A whole number, in the unit that the name of the variable states. */
export function EnvInteger(min: number, max: number = Number.MAX_SAFE_INTEGER): PropertyDecorator {
  const parse = ({ value }: { value: unknown }): unknown =>
    typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
  const bounds = max === Number.MAX_SAFE_INTEGER ? `, at least ${min}` : ` from ${min} to ${max}`;
  return field(
    `whole number${bounds}`,
    Transform(parse),
    IsInt({ message: '$property must be a whole number' }),
    Min(min, { message: `$property must be at least ${min}` }),
    Max(max, { message: `$property must be at most ${max}` }),
  );
}

/** `true`, `1`, `yes`, `on` and their opposites. */
export function EnvBoolean(): PropertyDecorator {
  const words: Record<string, boolean> = {
    true: true,
    1: true,
    yes: true,
    on: true,
    false: false,
    0: false,
    no: false,
    off: false,
  };
  return field(
    '`true` or `false`',
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (words[value.trim().toLowerCase()] ?? value) : value,
    ),
    IsBoolean({ message: '$property must be true or false' }),
  );
}

export function EnvText(min = 1, max = 4096): PropertyDecorator {
  return field(
    min === 1 ? 'text' : `text of ${min} to ${max} characters`,
    IsString({ message: '$property must be set' }),
    MinLength(min, { message: min === 1 ? '$property must be set' : `$property must have at least ${min} characters` }),
    MaxLength(max, { message: `$property must have at most ${max} characters` }),
  );
}

/** One of a few words, in upper or lower case; `aliases` are the names in other programs. */
export function EnvOneOf(values: readonly string[], aliases: Readonly<Record<string, string>> = {}): PropertyDecorator {
  const words = new Map([...values.map((value) => [value.toLowerCase(), value] as const), ...Object.entries(aliases)]);
  return field(
    values.map((value) => `\`${value}\``).join(', '),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (words.get(value.trim().toLowerCase()) ?? value) : value,
    ),
    IsIn(values, { message: `$property must be one of: ${values.join(', ')}` }),
  );
}

export function EnvOptional(): PropertyDecorator {
  return IsOptional();
}
