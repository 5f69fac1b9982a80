import { styleText } from 'node:util';

type Color = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow';

export interface Signs {
  readonly done: string;
  readonly failed: string;
  readonly stopped: string;
  readonly note: string;
  readonly to: string;
  readonly ellipsis: string;
  readonly full: string;
  readonly empty: string;
  readonly spinner: readonly string[];
  readonly between: string;
}

const UNICODE: Signs = {
  done: '✓',
  failed: '✗',
  stopped: '–',
  note: '!',
  to: '→',
  ellipsis: '…',
  full: '━',
  empty: '─',
  spinner: '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'.split(''),
  between: ' · ',
};

const ASCII: Signs = {
  done: '+',
  failed: 'x',
  stopped: '-',
  note: '!',
  to: '->',
  ellipsis: '~',
  full: '#',
  empty: '.',
  spinner: '|/-\\'.split(''),
  between: ', ',
};

/** The signs and colors that a terminal can show. */
export class Style {
  readonly signs: Signs;

  constructor(
    private readonly hasColors: boolean,
    isUnicode: boolean,
  ) {
    this.signs = isUnicode ? UNICODE : ASCII;
  }

  paint(color: Color, text: string): string {
    return this.hasColors ? styleText(color, text) : text;
  }
}
