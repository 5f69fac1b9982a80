const MAX_CHARACTERS = 255;
const FALLBACK = 'video';

/** Control characters, the invisible ones that turn the direction of text, and halves of broken pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** The name that a user's file is shown and sent back under: its last part only, never used as a path or key. */
export function sourceFilename(name: string): string {
  const last = name.split(/[/\\]/).pop() ?? '';
  const printable = last.replace(UNPRINTABLE, '').trim();
  if (/^\.*$/.test(printable)) return FALLBACK;
  return shortened(printable);
}

/** The name that the output is downloaded as. */
export function outputFilename(source: string): string {
  const stem = source.replace(/(?<=.)\.[^.]*$/s, '');
  return `${stem === '' ? FALLBACK : stem}.mp3`;
}

/** Cuts the middle of a long name, by whole characters, so that its ending stays. */
function shortened(name: string): string {
  const characters = Array.from(name);
  if (characters.length <= MAX_CHARACTERS) return name;
  const ending = /\.[^.]{1,16}$/.exec(name)?.[0] ?? '';
  return `${characters.slice(0, MAX_CHARACTERS - Array.from(ending).length).join('')}${ending}`;
}
