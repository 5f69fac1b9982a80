import type { ByteSource } from '../containers/file-window.js';
import { readBoxHeader, type Box } from '../containers/isobmff/iso-box.js';
import { coverType, MAX_COVER_BYTES, type CoverPlace } from './cover.js';
import {
  COVER_ITEM,
  COVER_KEY,
  ITEM_NAMES,
  KEY_NAMES,
  KEY_PREFIX,
  MOBILE_NAMES,
  QUICKTIME_NAMES,
} from './iso-tag-names.js';
import { itemText, mobileText, quicktimeText } from './iso-tag-values.js';
import { TagTextList, type TagName, type TagTexts } from './source-tags.js';
import { MAX_RAW_TEXT_BYTES } from './tag-text.js';

const LONGEST_HEADER_BYTES = 16;
/** A `data` box starts with a type and a locale. */
const DATA_HEAD_BYTES = 8;
const FULL_BOX_BYTES = 4;
const MAX_KEY_BYTES = 64;

/** Finds the tags of an MP4 or QuickTime file. It reads only the boxes in which writers store them. */
export class IsoTags {
  private readonly items = new TagTextList();
  private readonly keyed = new TagTextList();
  private readonly plain = new TagTextList();
  cover: CoverPlace | null = null;

  constructor(private readonly file: ByteSource) {}

  get texts(): TagTexts {
    return { ...this.plain.texts, ...this.keyed.texts, ...this.items.texts };
  }

  async read(): Promise<void> {
    for await (const box of this.boxes(0, this.file.sizeBytes)) {
      // ffmpeg also reads only the first one.
      if (box.type === 'moov') return this.readMovie(box);
    }
  }

  private async readMovie(movie: Box): Promise<void> {
    for await (const box of this.boxes(movie.start, movie.end)) {
      if (box.type === 'meta') await this.readMeta(box);
      if (box.type === 'udta') await this.readUserData(box);
    }
  }

  private async readUserData(userData: Box): Promise<void> {
    for await (const box of this.boxes(userData.start, userData.end)) {
      if (box.type === 'meta') await this.readMeta(box);
      const [quicktime, mobile] = [QUICKTIME_NAMES.get(box.type), MOBILE_NAMES.get(box.type)];
      if (quicktime !== undefined) this.plain.add(quicktime, quicktimeText(await this.value(box)));
      if (mobile !== undefined) this.plain.add(mobile, mobileText(box.type, await this.value(box)));
    }
  }

  private async readMeta(meta: Box): Promise<void> {
    // In MP4, the box has a version and flags; in QuickTime, it has none.
    const head = await this.file.bytes(meta.start, LONGEST_HEADER_BYTES);
    const isPlain = head.toString('latin1', 4, 8) === 'hdlr';
    let keys: readonly string[] | null = null;
    for await (const box of this.boxes(meta.start + (isPlain ? 0 : FULL_BOX_BYTES), meta.end)) {
      if (box.type === 'keys') keys = await this.readKeys(box);
      if (box.type === 'ilst') await (keys === null ? this.readItems(box) : this.readKeyed(box, keys));
    }
  }

  private async readItems(list: Box): Promise<void> {
    for await (const item of this.boxes(list.start, list.end)) {
      await this.readItem(item, item.type, ITEM_NAMES.get(item.type), this.items);
    }
  }

  private async readKeys(box: Box): Promise<string[]> {
    const keys: string[] = [];
    // A count, then boxes whose type is the namespace of the key.
    for await (const { start, end } of this.boxes(box.start + 2 * FULL_BOX_BYTES, box.end)) {
      const key = (await this.file.bytes(start, Math.min(MAX_KEY_BYTES, end - start))).toString('latin1');
      keys.push(key.startsWith(KEY_PREFIX) ? key.slice(KEY_PREFIX.length) : key);
    }
    return keys;
  }

  /** The type of each item is the number of its key, counted from 1. */
  private async readKeyed(list: Box, keys: readonly string[]): Promise<void> {
    for await (const item of this.boxes(list.start, list.end)) {
      const key = keys[Buffer.from(item.type, 'latin1').readUInt32BE() - 1] ?? '';
      await this.readItem(item, key === COVER_KEY ? COVER_ITEM : key, KEY_NAMES.get(key), this.keyed);
    }
  }

  private async readItem(item: Box, type: string, name: TagName | undefined, list: TagTextList): Promise<void> {
    if (name === undefined ? type !== COVER_ITEM : list.has(name)) return;
    for await (const data of this.boxes(item.start, item.end)) {
      if (data.type !== 'data') continue;
      if (name !== undefined) list.add(name, itemText(type, await this.value(data)));
      else await this.offerCover({ start: data.start + DATA_HEAD_BYTES, end: data.end });
    }
  }

  private async offerCover(place: CoverPlace): Promise<void> {
    if (this.cover !== null || place.end - place.start > MAX_COVER_BYTES) return;
    const head = await this.file.bytes(place.start, LONGEST_HEADER_BYTES);
    if (coverType(head) !== null) this.cover = place;
  }

  private value({ start, end }: Box): Promise<Buffer> {
    return this.file.bytes(start, Math.min(MAX_RAW_TEXT_BYTES, end - start));
  }

  /** Yields the boxes in a range of the file, up to the first malformed one. */
  private async *boxes(start: number, end: number): AsyncGenerator<Box> {
    for (let position = start; position < end;) {
      const wanted = Math.min(LONGEST_HEADER_BYTES, end - position);
      const header = readBoxHeader(await this.file.bytes(position, wanted));
      if (header === null) return;
      const boxEnd = header.sizeBytes === null ? end : position + header.sizeBytes;
      if (boxEnd > end) return;
      yield { type: header.type, start: position + header.headerBytes, end: boxEnd };
      position = boxEnd;
    }
  }
}
