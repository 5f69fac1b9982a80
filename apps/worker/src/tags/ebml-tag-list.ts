import { unsigned } from '../containers/matroska/ebml-element.js';
import type { ByteSource } from '../containers/file-window.js';
import { elementsIn, headOf, textOf, uidOf, type PlacedElement } from './ebml-elements.js';
import { SIMPLE_TAG_NAMES } from './ebml-tag-names.js';
import { TagTextList, type TagName, type TagTexts } from './source-tags.js';

const TAG = 0x7373;
const TARGETS = 0x63c0;
const TARGET_LEVEL = 0x68ca;
const TARGET_TRACK = 0x63c5;
/** Editions, chapters, attachments. */
const OTHER_TARGETS = [0x63c9, 0x63c4, 0x63c6];
const SIMPLE_TAG = 0x67c8;
const TAG_NAME = 0x45a3;
const TAG_STRING = 0x4487;

const MAX_NAME_BYTES = 64;
/** `TargetTypeValue`: a song, or its album, which is the default. */
const SONG = 30;
const ALBUM = 50;

interface Target {
  level: number;
  track: string;
  isOther: boolean;
}

/** Reads the `Tags` elements of a file, sorted by their target: song, album or track. */
export class EbmlTagList {
  private readonly ofSong = new TagTextList();
  private readonly ofAlbum = new TagTextList();
  private readonly ofTracks = new Map<string, TagTextList>();

  constructor(private readonly file: ByteSource) {}

  get song(): TagTexts {
    return this.ofSong.texts;
  }

  get album(): TagTexts {
    return this.ofAlbum.texts;
  }

  track(uid: string): TagTexts {
    return this.ofTracks.get(uid)?.texts ?? {};
  }

  async read(tags: PlacedElement): Promise<void> {
    for await (const tag of elementsIn(this.file, tags)) {
      if (tag.id === TAG) await this.readTag(tag);
    }
  }

  private async readTag(tag: PlacedElement): Promise<void> {
    const found = new TagTextList();
    const target: Target = { level: ALBUM, track: '', isOther: false };
    for await (const element of elementsIn(this.file, tag)) {
      if (element.id === TARGETS) await this.readTargets(element, target);
      if (element.id === SIMPLE_TAG) await this.readSimpleTag(element, found);
    }
    this.listOf(target)?.addAll(found.texts);
  }

  /** A UID of 0 means all targets of a kind. */
  private async readTargets(targets: PlacedElement, target: Target): Promise<void> {
    for await (const element of elementsIn(this.file, targets)) {
      if (element.id === TARGET_LEVEL) target.level = unsigned(await headOf(this.file, element));
      if (element.id === TARGET_TRACK) target.track = await uidOf(this.file, element);
      if (OTHER_TARGETS.includes(element.id)) target.isOther ||= (await uidOf(this.file, element)) !== '';
    }
  }

  private listOf({ level, track, isOther }: Target): TagTextList | null {
    if (isOther) return null;
    if (track !== '') {
      const list = this.ofTracks.get(track) ?? new TagTextList();
      this.ofTracks.set(track, list);
      return list;
    }
    if (level === SONG) return this.ofSong;
    return level === ALBUM ? this.ofAlbum : null;
  }

  /** Reads only the outermost of nested tags, because the others describe it. */
  private async readSimpleTag(tag: PlacedElement, found: TagTextList): Promise<void> {
    let name: TagName | undefined;
    let text: PlacedElement | null = null;
    for await (const element of elementsIn(this.file, tag)) {
      if (element.id === TAG_NAME) name = await this.nameOf(element);
      if (element.id === TAG_STRING) text = element;
    }
    if (name === undefined || text === null || found.has(name)) return;
    found.add(name, await textOf(this.file, text));
  }

  private async nameOf({ start, end }: PlacedElement): Promise<TagName | undefined> {
    const bytes = await this.file.bytes(start, Math.min(MAX_NAME_BYTES, end - start));
    return SIMPLE_TAG_NAMES.get(bytes.toString('latin1').replace(/\0+$/, '').toUpperCase());
  }
}
