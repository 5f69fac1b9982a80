export const REDACTED = '[redacted]';

/** Names of values that must not be logged. */
export const SECRET_NAME =
  /passw(?:or)?d|secret|authorization|cookie|credential|signature|(?:api|access)[-_]?key|token/i;

/**
 * Patterns of secrets in text. Each pattern runs in linear time: it starts only where no earlier character can belong
 * to the match, and each of its parts excludes the next one, so there is no backtracking.
 */
const SECRET_TEXTS: readonly [RegExp, string][] = [
  // scheme://user:password@host, up to the last @ before the path
  [/:\/\/([^\s/:@"\\]*):[^\s/"\\]*@/g, `://$1:${REDACTED}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/-]{8,}=*/gi, `$1 ${REDACTED}`],
];
const TOKEN_RUN = /(?<![\w.-])[\w.-]{12,}/g;

/** A name with its value: `name=value` in query and connection strings, `"name":"value"` in JSON. */
const SECRET_VALUES: readonly { readonly name: RegExp; readonly value: RegExp }[] = [
  { name: /(?<![\w-])[\w-]+=/g, value: /[^\s&"',;\\]+/y },
  { name: /(?<!\\)"[\w-]+":\s{0,4}"/g, value: /(?:[^"\\]|\\.)+/y },
  // JSON inside a JSON string
  { name: /\\"[\w-]+\\":\s{0,4}\\"/g, value: /[^"\\]+/y },
];

/** Removes secrets from a line. */
export function redactText(text: string): string {
  const withoutTexts = SECRET_TEXTS.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text);
  const withoutTokens = withoutTexts.replace(TOKEN_RUN, redactToken);
  return SECRET_VALUES.reduce((line, { name, value }) => redactValues(line, name, value), withoutTokens);
}

/**
 * A JSON Web Token: three parts, of which the first is an object in base64. It can follow other text, as in `id-eyJ…`.
 */
function redactToken(run: string): string {
  const start = run.indexOf('eyJ');
  const firstDot = start === -1 ? -1 : run.indexOf('.', start);
  const isToken = firstDot !== -1 && run.includes('.', firstDot + 1);
  return isToken ? `${run.slice(0, start)}${REDACTED}` : run;
}

function redactValues(line: string, name: RegExp, value: RegExp): string {
  let redacted = '';
  let copiedTo = 0;
  name.lastIndex = 0;
  for (let match = name.exec(line); match !== null; match = name.exec(line)) {
    value.lastIndex = name.lastIndex;
    if (!SECRET_NAME.test(match[0]) || !value.test(line)) continue;
    redacted += `${line.slice(copiedTo, name.lastIndex)}${REDACTED}`;
    copiedTo = value.lastIndex;
    name.lastIndex = copiedTo;
  }
  return redacted + line.slice(copiedTo);
}
