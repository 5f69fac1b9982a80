import { unsigned } from '../containers/matroska/ebml-element.js';
import type { ByteSource } from '../containers/file-window.js';
import { coverType, MAX_COVER_BYTES, type CoverPlace } from './cover.js';
import { elementsIn, headOf, textOf, uidOf, type PlacedElement } from './ebml-elements.js';
import { EbmlTagList } from './ebml-tag-list.js';
import { TagTextList, type TagTexts } from './source-tags.js';

const SEGMENT = 0x18538067;
const SEGMENT_INFO = 0x1549a966;
const SEGMENT_TITLE = 0x7ba9;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const TRACK_UID = 0x73c5;
const AUDIO = 2;
const TAGS = 0x1254c367;
const ATTACHMENTS = 0x1941a469;
const ATTACHED_FILE = 0x61a7;
const FILE_NAME = 0x466e;
const FILE_DATA = 0x465c;

/** The name of a cover in Matroska. */
const COVER_NAME = /^cover\./i;

/** Finds the tags of a Matroska or WebM file. It skips audio and pictures. */
export class EbmlTags {
  private segmentTitle = '';
  private readonly list: EbmlTagList;
  private readonly audioTracks: string[] = [];
  private isCoverNamed = false;
  cover: CoverPlace | null = null;

  constructor(private readonly file: ByteSource) {
    this.list = new EbmlTagList(file);
  }

  get texts(): TagTexts {
    const { song, album } = this.list;
    const merged = new TagTextList();
    merged.addAll(song);
    merged.add('title', this.segmentTitle);
    merged.addAll(album);
    if (song.title !== undefined) {
      // If the song has a title, the other one is the title of its album.
      merged.add('album', album.title ?? '');
      merged.add('albumArtist', album.artist ?? '');
    }
    // With several tracks, it is not known here which one is converted.
    const [track, other] = this.audioTracks;
    if (track !== undefined && other === undefined) merged.addAll(this.list.track(track));
    return merged.texts;
  }

  async read(): Promise<void> {
    for await (const element of elementsIn(this.file, { start: 0, end: this.file.sizeBytes })) {
      if (element.id === SEGMENT) return this.readSegment(element);
    }
  }

  private async readSegment(segment: PlacedElement): Promise<void> {
    for await (const element of elementsIn(this.file, segment)) {
      if (element.id === SEGMENT_INFO) await this.readInfo(element);
      if (element.id === TRACKS) await this.readTracks(element);
      if (element.id === TAGS) await this.list.read(element);
      if (element.id === ATTACHMENTS) await this.readAttachments(element);
    }
  }

  private async readInfo(info: PlacedElement): Promise<void> {
    for await (const element of elementsIn(this.file, info)) {
      if (element.id === SEGMENT_TITLE) this.segmentTitle = await textOf(this.file, element);
    }
  }

  private async readTracks(tracks: PlacedElement): Promise<void> {
    for await (const entry of elementsIn(this.file, tracks)) {
      if (entry.id !== TRACK_ENTRY) continue;
      let [type, uid] = [0, ''];
      for await (const field of elementsIn(this.file, entry)) {
        if (field.id === TRACK_TYPE) type = unsigned(await headOf(this.file, field));
        if (field.id === TRACK_UID) uid = await uidOf(this.file, field);
      }
      if (type === AUDIO) this.audioTracks.push(uid);
    }
  }

  private async readAttachments(attachments: PlacedElement): Promise<void> {
    for await (const attached of elementsIn(this.file, attachments)) {
      if (attached.id !== ATTACHED_FILE) continue;
      let name = '';
      let data: PlacedElement | null = null;
      for await (const element of elementsIn(this.file, attached)) {
        if (element.id === FILE_NAME) name = await textOf(this.file, element);
        if (element.id === FILE_DATA) data = element;
      }
      if (data !== null) await this.offerCover(data, COVER_NAME.test(name));
    }
  }

  /** Keeps the first picture, unless a later one has the name of a cover. */
  private async offerCover(data: PlacedElement, isNamed: boolean): Promise<void> {
    if (this.cover !== null && (this.isCoverNamed || !isNamed)) return;
    if (data.end - data.start > MAX_COVER_BYTES || coverType(await headOf(this.file, data)) === null) return;
    this.cover = { start: data.start, end: data.end };
    this.isCoverNamed = isNamed;
  }
}
