import type { WriteStream } from 'node:tty';
import type { Environment } from '../environment.js';
import { LiveScreen } from './live-screen.js';
import { PlainScreen } from './plain-screen.js';
import type { Screen } from './screen.js';
import { Style } from './style.js';

export function chooseScreen(stream: WriteStream, environment: Environment): Screen {
  const style = chooseStyle(stream, environment);
  return isLive(stream, environment) ? new LiveScreen(stream, style) : new PlainScreen(stream, style);
}

export function chooseStyle(stream: WriteStream, environment: Environment): Style {
  const hasColors = isLive(stream, environment) && stream.hasColors();
  return new Style(hasColors, environment.isUnicode || !stream.isTTY);
}

/** Some programs provide terminals without a size, in which nothing can be drawn. */
function isLive(stream: WriteStream, { isDumbTerminal }: Environment): boolean {
  return stream.isTTY && stream.columns > 0 && stream.rows > 0 && !isDumbTerminal;
}
