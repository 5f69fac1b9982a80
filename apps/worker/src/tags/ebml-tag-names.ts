import type { TagName } from './source-tags.js';

/** Of `TagName` in Matroska, in capitals: the specified ones and what ffmpeg and others write. */
export const SIMPLE_TAG_NAMES: ReadonlyMap<string, TagName> = new Map([
  ['TITLE', 'title'],
  ['ARTIST', 'artist'],
  ['LEAD_PERFORMER', 'artist'],
  ['ALBUM', 'album'],
  ['ALBUM_ARTIST', 'albumArtist'],
  ['ALBUMARTIST', 'albumArtist'],
  ['COMPOSER', 'composer'],
  ['GENRE', 'genre'],
  ['DATE', 'date'],
  ['DATE_RELEASED', 'date'],
  ['DATE_RECORDED', 'date'],
  ['YEAR', 'date'],
  ['PART_NUMBER', 'track'],
  ['TRACK', 'track'],
  ['TRACKNUMBER', 'track'],
  ['DISC', 'disc'],
  ['DISCNUMBER', 'disc'],
  ['COMMENT', 'comment'],
  ['COPYRIGHT', 'copyright'],
]);
