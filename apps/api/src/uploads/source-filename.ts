const MAX_CHARACTERS = 255;
const FALLBACK = 'video';

/** Control characters, invisible characters that change the text direction, and unpaired surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Returns the file name to display: the last part of the path, without unprintable characters. Never used as a path or key. */
export function sourceFilename(name: string): string {
  const last = name.split(/[/\\]/).pop() ?? '';
  const printable = last.replace(UNPRINTABLE, '').trim();
  if (/^\.*$/.test(printable)) return FALLBACK;
  return shortened(printable);
}

/** Shortens a long name before its extension, never inside a character. */
function shortened(name: string): string {
  const characters = Array.from(name);
  if (characters.length <= MAX_CHARACTERS) return name;
  const ending = /\.[^.]{1,16}$/.exec(name)?.[0] ?? '';
  return `${characters.slice(0, MAX_CHARACTERS - Array.from(ending).length).join('')}${ending}`;
}
