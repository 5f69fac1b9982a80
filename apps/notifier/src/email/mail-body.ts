/** A part of a mail: a paragraph, a list of facts, or a link. */
export type Block =
  | { readonly paragraph: string }
  | { readonly facts: readonly (readonly [name: string, value: string])[] }
  | { readonly link: string; readonly url: string };

export interface MailBody {
  readonly text: string;
  readonly html: string;
}

const MAX_NAME_CHARACTERS = 120;
/** Control and format characters, which can break lines, hide text or turn its direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Returns a name from outside as one short line that means nothing but itself. */
export function nameInMail(name: string): string {
  const line = [...name.replaceAll(UNPRINTABLE, ' ').replaceAll(/\s+/g, ' ').trim()];
  return line.length <= MAX_NAME_CHARACTERS ? line.join('') : `${line.slice(0, MAX_NAME_CHARACTERS - 1).join('')}…`;
}

/** Returns the same content as plain text and as HTML. */
export function mailBody(blocks: readonly Block[]): MailBody {
  return {
    text: `${blocks.map(textOf).join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"></head><body>\n${blocks.map(htmlOf).join('\n')}\n</body></html>\n`,
  };
}

function textOf(block: Block): string {
  if ('paragraph' in block) return block.paragraph;
  if ('facts' in block) return block.facts.map(([name, value]) => `${name}: ${value}`).join('\n');
  return `${block.link}:\n${block.url}`;
}

function htmlOf(block: Block): string {
  if ('paragraph' in block) return `<p>${escape(block.paragraph)}</p>`;
  if ('facts' in block) {
    return `<p>${block.facts.map(([name, value]) => `${escape(name)}: ${escape(value)}`).join('<br>\n')}</p>`;
  }
  return `<p><a href="${escape(block.url)}">${escape(block.link)}</a></p>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}
