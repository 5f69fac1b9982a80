import { childBoxes, type Box } from '../isobmff/iso-box.js';
import { elementaryStreamType } from '../isobmff/iso-elementary-stream.js';
import { UnusableIndexError } from './remote-source.js';
import { requiredBox, strictBoxes, type KnownBoxes } from './strict-boxes.js';

const PADDING = ['free', 'skip', 'wide', 'uuid'];
const known = (once: readonly string[], repeated: readonly string[] = []): KnownBoxes => ({
  once: new Set(once),
  repeated: new Set([...PADDING, ...repeated]),
});
const IN_MOVIE = known(['mvhd', 'iods', 'udta', 'meta'], ['trak']);
const IN_TRACK = known(
  ['tkhd', 'tapt', 'clip', 'matt', 'edts', 'tref', 'txas'].concat(['load', 'imap', 'mdia', 'udta', 'meta']),
);
const IN_MEDIA = known(['mdhd', 'hdlr', 'minf', 'elng', 'udta']);
const IN_INFORMATION = known(['vmhd', 'smhd', 'hmhd', 'sthd', 'nmhd', 'gmhd', 'hdlr', 'dinf', 'stbl']);
const IN_DATA = known(['dref']);
const DATA_REFERENCES = known([], ['url ', 'alis']);
const IN_TABLE = known(
  ['stsd', 'stts', 'ctts', 'cslg', 'stss', 'stps', 'stsc', 'stsz', 'stco', 'co64'].concat(['sdtp', 'stsh', 'padb']),
  ['sgpd', 'sbgp', 'subs'],
);

/** The length of the fields of an audio entry, by its version. */
const ENTRY_FIELD_BYTES = [28, 44];
/** AAC and MP3 inside `mp4a`. */
const MP4_AUDIO_TYPES = new Set([0x40, 0x66, 0x67, 0x68, 0x69, 0x6b]);
/** Their size tables state the bytes of each packet. Those of PCM do not. */
const PACKET_CODECS = new Set(['ac-3', 'ec-3', 'Opus', 'alac', 'fLaC']);
/** Demuxers can need each sample of these: they read chapter titles before any audio. */
const SMALL_TRACKS = new Set(['text', 'sbtl', 'subt', 'subp', 'clcp', 'tmcd', 'meta']);
/** QuickTime repeats in `minf` how the data is referenced; demuxers would take other values for the kind of track. */
const DATA_HANDLERS = new Set(['url ', 'alis']);
const HANDLER_AT = 8;

export interface IsoTable {
  readonly isAudio: boolean;
  /** The sample table. */
  readonly table: Box;
}

/**
 * Returns the sample tables of all tracks except video. Throws an `UnusableIndexError` unless every box around them is
 * known and occurs once, all data is in the file, and each audio track has one description, of a known codec.
 */
export function readIsoTables(movie: Buffer): IsoTable[] {
  const boxes = strictBoxes(movie, { type: 'moov', start: 0, end: movie.length }, IN_MOVIE);
  const tables = boxes.filter(({ type }) => type === 'trak').flatMap((track) => readTrack(movie, track));
  if (!tables.some(({ isAudio }) => isAudio)) throw new UnusableIndexError('no audio track');
  return tables;
}

function readTrack(movie: Buffer, track: Box): IsoTable[] {
  const media = strictBoxes(movie, requiredBox(strictBoxes(movie, track, IN_TRACK), 'mdia'), IN_MEDIA);
  const information = strictBoxes(movie, requiredBox(media, 'minf'), IN_INFORMATION);
  const dataHandler = information.find(({ type }) => type === 'hdlr');
  if (dataHandler !== undefined && !DATA_HANDLERS.has(typeAt(movie, dataHandler.start + HANDLER_AT))) {
    throw new UnusableIndexError('a second handler');
  }
  const handler = typeAt(movie, requiredBox(media, 'hdlr').start + HANDLER_AT);
  if (handler === 'vide') return [];
  const isAudio = handler === 'soun';
  if (!isAudio && !SMALL_TRACKS.has(handler)) throw new UnusableIndexError(`a track ${JSON.stringify(handler)}`);
  assertOwnData(movie, requiredBox(information, 'dinf'));
  const table = requiredBox(information, 'stbl');
  const tables = strictBoxes(movie, table, IN_TABLE);
  if (tables.filter(({ type }) => type === 'stco' || type === 'co64').length !== 1) {
    throw new UnusableIndexError('not one table of chunks');
  }
  const entry = onlyEntry(movie, requiredBox(tables, 'stsd'));
  if (isAudio) assertAudio(movie, entry, tables);
  assertFirstChunk(movie, requiredBox(tables, 'stsc'));
  return [{ isAudio, table }];
}

/** Throws if the samples are in another file. */
function assertOwnData(movie: Buffer, data: Box): void {
  const list = requiredBox(strictBoxes(movie, data, IN_DATA), 'dref');
  const references = strictBoxes(movie, { ...list, start: list.start + 8 }, DATA_REFERENCES);
  const isOwn = ({ start, end }: Box): boolean => end - start === 4 && movie.readUInt32BE(start) === 1;
  if (references.length === 0 || !references.every(isOwn)) throw new UnusableIndexError('data in another file');
}

function onlyEntry(movie: Buffer, descriptions: Box): Box {
  const [entry, other] = childBoxes(movie, descriptions.start + 8, descriptions.end);
  if (entry === undefined || other !== undefined || movie.readUInt32BE(descriptions.start + 4) !== 1) {
    throw new UnusableIndexError('not one sample description');
  }
  return entry;
}

function assertAudio(movie: Buffer, entry: Box, tables: readonly Box[]): void {
  if (entry.type === 'mp4a') {
    const fieldBytes = ENTRY_FIELD_BYTES[movie.readUInt16BE(entry.start + 8)] ?? Infinity;
    const types = ['esds', 'wave/esds'].map((path) => elementaryStreamType(movie, entry, path, fieldBytes));
    if (!types.some((type) => MP4_AUDIO_TYPES.has(type))) throw new UnusableIndexError('an unknown kind of mp4a');
  } else if (!PACKET_CODECS.has(entry.type)) throw new UnusableIndexError(`audio ${JSON.stringify(entry.type)}`);
  const times = requiredBox(tables, 'stts');
  // Demuxers then lay out chunks by other fields than the table of sizes.
  const isCounted = movie.readUInt32BE(times.start + 4) === 1 && movie.readUInt32BE(times.start + 12) === 1;
  if (isCounted) throw new UnusableIndexError('samples of one tick');
}

function assertFirstChunk(movie: Buffer, runs: Box): void {
  if (movie.readUInt32BE(runs.start + 4) > 0 && movie.readUInt32BE(runs.start + 8) !== 1) {
    throw new UnusableIndexError('chunk runs that do not begin with the first chunk');
  }
}

function typeAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4);
}
