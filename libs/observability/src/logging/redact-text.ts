export const REDACTED = '[redacted]';

/** Names of what must not be logged. */
export const SECRET_NAME =
  /passw(?:or)?d|secret|authorization|cookie|credential|signature|(?:api|access)[-_]?key|token/i;

/**
 * What secrets look like in running text. Each pattern reads a line once: it starts only where nothing before it could
 * belong to the match, and its parts exclude what follows them, so that no line makes it read a part again and again.
 */
const SECRET_TEXTS: readonly [RegExp, string][] = [
  // scheme://user:password@host, up to the last @ before the path
  [/:\/\/([^\s/:@"\\]*):[^\s/"\\]*@/g, `://$1:${REDACTED}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/-]{8,}=*/gi, `$1 ${REDACTED}`],
];
const TOKEN_RUN = /(?<![\w.-])[\w.-]{12,}/g;

/** Names before a value, and the value: `name=value` in query and connection strings, `"name":"value"` in JSON. */
const SECRET_VALUES: readonly { readonly name: RegExp; readonly value: RegExp }[] = [
  { name: /(?<![\w-])[\w-]+=/g, value: /[^\s&"',;\\]+/y },
  { name: /(?<!\\)"[\w-]+":\s{0,4}"/g, value: /(?:[^"\\]|\\.)+/y },
  // JSON inside a JSON string
  { name: /\\"[\w-]+\\":\s{0,4}\\"/g, value: /[^"\\]+/y },
];

/** Removes what looks like a secret from a line. */
export function redactText(text: string): string {
  const withoutTexts = SECRET_TEXTS.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text);
  const withoutTokens = withoutTexts.replace(TOKEN_RUN, redactToken);
  return SECRET_VALUES.reduce((line, { name, value }) => redactValues(line, name, value), withoutTokens);
}

/** A JSON Web Token: three parts, of which the first is an object in base64. It can follow other text, as in `id-eyJ…`. */
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
