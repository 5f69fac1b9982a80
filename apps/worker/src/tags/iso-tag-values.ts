import { decodeMarked, decoded } from './tag-text.js';

const FIRST_MODERN_LANGUAGE = 0x400;
const UTF_8_TYPES = new Set([0, 1, 4]);
const UTF_16_TYPES = new Set([2, 5]);
const GENRES = 192;

/** Reads the `data` box of an item. Its payload starts with a type and a locale. */
export function itemText(item: string, payload: Buffer): string {
  if (payload.length < 8) return '';
  const type = payload.readUIntBE(1, 3);
  const value = payload.subarray(8);
  if (item === 'trkn' || item === 'disk') return numberOf(value);
  if (item === 'gnre') return genreOf(value);
  if (UTF_8_TYPES.has(type)) return decoded('utf-8', value);
  return UTF_16_TYPES.has(type) ? decoded('utf-16be', value) : '';
}

/** Reads the first text in a `©…` box: length, language, text. Early language codes imply MacRoman. */
export function quicktimeText(payload: Buffer): string {
  if (payload.length < 4) return '';
  const text = payload.subarray(4, 4 + payload.readUInt16BE(0));
  return payload.readUInt16BE(2) < FIRST_MODERN_LANGUAGE ? decoded('macintosh', text) : decodeMarked(text);
}

/** Reads a box of a 3GP file: version and flags, then a year, or a language and a NUL-terminated text. */
export function mobileText(type: string, payload: Buffer): string {
  if (payload.length < 6) return '';
  if (type === 'yrrc') return String(payload.readUInt16BE(4));
  return decodeMarked(payload.subarray(6)).split('\0', 1)[0] ?? '';
}

/** Reads a number, and the total if it is stated. */
function numberOf(value: Buffer): string {
  if (value.length < 4) return '';
  const number = value.readUInt16BE(2);
  const total = value.length < 6 ? 0 : value.readUInt16BE(4);
  if (number === 0) return '';
  return total === 0 ? String(number) : `${number}/${total}`;
}

/** Reads the number of a genre in ID3's list, counted from 1. ID3 tags count from 0 and put it in parentheses. */
function genreOf(value: Buffer): string {
  const number = value.length < 2 ? 0 : value.readUInt16BE(0);
  return number >= 1 && number <= GENRES ? `(${number - 1})` : '';
}
