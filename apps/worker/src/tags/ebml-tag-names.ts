import type { TagName } from './source-tags.js';

/** The Matroska names of each `TagName` in capitals: the specified ones, and those that ffmpeg and others write. */
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
