import type { Cover } from './cover.js';
import { cleanText } from './tag-text.js';

/** The tags that are copied from a source to its MP3. All others are dropped. */
export type TagName =
  | 'title'
  | 'artist'
  | 'album'
  | 'albumArtist'
  | 'composer'
  | 'genre'
  | 'date'
  | 'track'
  | 'disc'
  | 'comment'
  | 'copyright';

export type TagTexts = Readonly<Partial<Record<TagName, string>>>;

export interface SourceTags {
  readonly texts: TagTexts;
  readonly cover: Cover | null;
}

/** Collects texts. If there are several for one name, the first one is kept. */
export class TagTextList {
  private readonly found: Partial<Record<TagName, string>> = {};

  get texts(): TagTexts {
    return this.found;
  }

  has(name: TagName): boolean {
    return this.found[name] !== undefined;
  }

  add(name: TagName, text: string): void {
    const cleaned = cleanText(text);
    if (cleaned !== '') this.found[name] ??= cleaned;
  }

  addAll(texts: TagTexts): void {
    for (const [name, text] of Object.entries(texts) as [TagName, string][]) this.add(name, text);
  }
}
