import type { TagName } from './source-tags.js';

/** The items of iTunes, which other writers use too: `moov/udta/meta/ilst`. */
export const ITEM_NAMES: ReadonlyMap<string, TagName> = new Map([
  ['©nam', 'title'],
  ['©ART', 'artist'],
  ['©alb', 'album'],
  ['aART', 'albumArtist'],
  ['©wrt', 'composer'],
  ['©gen', 'genre'],
  ['gnre', 'genre'],
  ['©day', 'date'],
  ['trkn', 'track'],
  ['disk', 'disc'],
  ['©cmt', 'comment'],
  ['cprt', 'copyright'],
]);
export const COVER_ITEM = 'covr';

/** The keys of QuickTime without the prefix `com.apple.quicktime.`, and those of ffmpeg, which has no prefix: `meta/keys`. */
export const KEY_NAMES: ReadonlyMap<string, TagName> = new Map([
  ['title', 'title'],
  ['displayname', 'title'],
  ['artist', 'artist'],
  ['author', 'artist'],
  ['album', 'album'],
  ['album_artist', 'albumArtist'],
  ['composer', 'composer'],
  ['genre', 'genre'],
  ['year', 'date'],
  ['date', 'date'],
  ['track', 'track'],
  ['disc', 'disc'],
  ['comment', 'comment'],
  ['copyright', 'copyright'],
]);
export const KEY_PREFIX = 'com.apple.quicktime.';
export const COVER_KEY = 'artwork';

/** The texts of older QuickTime files: `moov/udta`. */
export const QUICKTIME_NAMES: ReadonlyMap<string, TagName> = new Map([
  ['©nam', 'title'],
  ['©ART', 'artist'],
  ['©aut', 'artist'],
  ['©alb', 'album'],
  ['©wrt', 'composer'],
  ['©com', 'composer'],
  ['©gen', 'genre'],
  ['©day', 'date'],
  ['©trk', 'track'],
  ['©cmt', 'comment'],
  ['©cpy', 'copyright'],
]);

/** The texts of 3GP files, in the same place. */
export const MOBILE_NAMES: ReadonlyMap<string, TagName> = new Map([
  ['titl', 'title'],
  ['perf', 'artist'],
  ['auth', 'artist'],
  ['albm', 'album'],
  ['gnre', 'genre'],
  ['yrrc', 'date'],
  ['cprt', 'copyright'],
]);
