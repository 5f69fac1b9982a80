/** Something that a Markdown document names, with its line. */
export interface Claim {
  readonly line: number;
  readonly text: string;
}

interface Line {
  readonly line: number;
  readonly text: string;
  /** The language of the code block of the line; null outside of code blocks. */
  readonly fence: string | null;
}

const SHELLS = ['sh', 'bash', 'console', 'shell'];
/** A value that a command returns (`TOKEN=$(curl …)`) belongs to the example. */
const ASSIGNMENT = `[A-Z][A-Z\\d_]*=(?:"[^"]*"|'[^']*'|(?:(?!\\$\\()\\S)*)`;
const ENVIRONMENT_FILES = ['dotenv', 'env', 'ini'];

/** Parses a Markdown document. Of the repository, it knows only the names of the top folders. */
export class MarkdownDocument {
  private readonly lines: readonly Line[];

  constructor(
    text: string,
    private readonly topFolders: readonly string[],
  ) {
    this.lines = linesOf(text);
  }

  /** Paths in backticks or shell blocks that begin with a folder of the repository, or well-known files. */
  get paths(): Claim[] {
    const isPath = new RegExp(
      `^(\\./)?((${this.topFolders.join('|')})/|(Dockerfile|docker-compose[\\w.-]*\\.ya?ml|\\.env\\.example|[\\w.-]+\\.config\\.[a-z]+|tsconfig[\\w.]*\\.json|nest-cli\\.json)$)`,
    );
    return this.words
      .map(({ line, text }) => ({ line, text: text.replace(/[.,;:]+$/, '').replace(/:\d+$/, '') }))
      .filter(({ text }) => isPath.test(text));
  }

  /** The targets of links and images, except on other sites. */
  get links(): Claim[] {
    return this.prose.flatMap(({ line, text }) =>
      [...text.matchAll(/\]\(<?(?![a-z]+:)([^)>\s]+)/g)].map(([, target = '']) => ({ line, text: target })),
    );
  }

  /** The anchors of headings, as GitHub derives them. */
  get anchors(): string[] {
    const seen = new Map<string, number>();
    return this.lines.flatMap(({ text, fence }) => {
      const heading = fence === null ? /^#{1,6} +(.+?)( +#+)?$/.exec(text)?.[1] : undefined;
      if (heading === undefined) return [];
      const slug = heading
        .replaceAll(/\]\([^)]*\)/g, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
        .replaceAll(' ', '-');
      const copies = seen.get(slug) ?? 0;
      seen.set(slug, copies + 1);
      return [copies === 0 ? slug : `${slug}-${copies}`];
    });
  }

  /** The scripts in `npm run …`, `npm start` and `npm test`, anywhere. */
  get scripts(): Claim[] {
    const command = /\bnpm (?:(?:run|run-script) (?:--?[a-z-]+ )*([a-z][\w:-]*)|(start|test)\b)/g;
    return this.lines.flatMap(({ line, text }) =>
      [...text.matchAll(command)].map(([, run, short]) => ({ line, text: run ?? short ?? '' })),
    );
  }

  /**
   * Names of environment variables: in backticks `NAME_IN_CAPITALS` and `NAME=value`; in a shell block those before a
   * command or after `export`; in an environment file all. Variables that a shell block defines are excluded.
   */
  get variables(): Claim[] {
    return this.lines.flatMap(({ line, text, fence }) => {
      const names = fence === null ? variablesInProse(text) : variablesInBlock(text, fence);
      return names.map((name) => ({ line, text: name }));
    });
  }

  private get prose(): Line[] {
    return this.lines.filter(({ fence }) => fence === null);
  }

  private get words(): Claim[] {
    return this.lines.flatMap(({ line, text, fence }) => {
      if (fence === null)
        return inlineCode(text).flatMap((code) => wordsOf(code).map((word) => ({ line, text: word })));
      return SHELLS.includes(fence) ? wordsOf(text).map((word) => ({ line, text: word })) : [];
    });
  }
}

function linesOf(text: string): Line[] {
  let fence: string | null = null;
  let marker = '';
  return text.split('\n').map((content, index) => {
    const [, found = '', language = ''] = /^\s*(`{3,}|~{3,})\s*([\w-]*)/.exec(content) ?? [];
    const line = { line: index + 1, text: content, fence: fence ?? (found === '' ? null : language) };
    if (fence === null && found !== '') [fence, marker] = [language, found];
    else if (fence !== null && found.startsWith(marker) && language === '') fence = null;
    return line;
  });
}

function inlineCode(text: string): string[] {
  return [...text.matchAll(/(`+)(.+?)\1/g)].map(([, , code = '']) => code.trim());
}

function wordsOf(code: string): string[] {
  return code.split(/[\s"'()[\]=,|]+/).filter((word) => word !== '');
}

function variablesInProse(text: string): string[] {
  return inlineCode(text).flatMap((code) => {
    const [, name] = /^([A-Z][A-Z\d]*(?:_[A-Z\d]+)+)$/.exec(code) ?? [];
    return name === undefined ? assignedBefore(code) : [name];
  });
}

function variablesInBlock(text: string, fence: string): string[] {
  if (ENVIRONMENT_FILES.includes(fence)) return [/^\s*(?:# ?)?([A-Z][A-Z\d_]*)=/.exec(text)?.[1] ?? []].flat();
  if (!SHELLS.includes(fence)) return [];
  const [, exported] = /^\s*export ([A-Z][A-Z\d_]*)=/.exec(text) ?? [];
  if (exported !== undefined) return [exported];
  const [, commandLine = ''] = /^\s*(?:\$ )?(.*)$/.exec(text) ?? [];
  return new RegExp(`^(?:${ASSIGNMENT} +)+[a-z]`).test(commandLine) ? assignedBefore(commandLine) : [];
}

/** Returns the names in `A=1 B=2 command`. */
function assignedBefore(code: string): string[] {
  const [assignments = ''] = new RegExp(`^(?:${ASSIGNMENT}(?:\\s+|$))+`).exec(code) ?? [];
  return [...assignments.matchAll(/(?:^|\s)([A-Z][A-Z\d_]*)=/g)].map(([, name = '']) => name);
}
