import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Fits a text to a number of columns: padded, or without its middle, so that its start and end stay. */
export function fitted(text: string, columns: number, ellipsis = '…'): string {
  const width = stringWidth(text);
  if (width <= columns) return text + ' '.repeat(columns - width);
  const characters = Array.from(graphemes.segment(text), ({ segment }) => segment);
  const room = columns - stringWidth(ellipsis);
  if (room <= 0) return ' '.repeat(columns);
  const ending = taken(characters.toReversed(), Math.floor(room / 2))
    .toReversed()
    .join('');
  const beginning = taken(characters, room - stringWidth(ending)).join('');
  const cut = `${beginning}${ellipsis}${ending}`;
  return cut + ' '.repeat(Math.max(0, columns - stringWidth(cut)));
}

function taken(characters: readonly string[], columns: number): string[] {
  let width = 0;
  const last = characters.findIndex((character) => (width += stringWidth(character)) > columns);
  return characters.slice(0, last === -1 ? undefined : last);
}
