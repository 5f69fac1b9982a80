import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/** The settings from the environment of the process. Nothing else in the client reads variables. */
export interface Environment {
  /** The service without `--url`. */
  readonly defaultUrl: string;
  /** The folder of the accounts. */
  readonly configFolder: string;
  /** The command that started this program, for the commands that it suggests to users. */
  readonly program: string;
  /** True if the terminal cannot move its cursor. */
  readonly isDumbTerminal: boolean;
  /** True if the terminal shows more than ASCII. */
  readonly isUnicode: boolean;
}

export function readEnvironment(variables: Variables = process.env): Environment {
  const { VIDEO_TO_MP3_URL, VIDEO_TO_MP3_PROGRAM, PORT, TERM, LC_ALL, LC_CTYPE, LANG } = variables;
  return {
    defaultUrl: VIDEO_TO_MP3_URL || `http://127.0.0.1:${PORT || 3000}`,
    configFolder: join(configHome(variables), 'video-to-mp3'),
    program: VIDEO_TO_MP3_PROGRAM || 'video-to-mp3',
    isDumbTerminal: TERM === 'dumb',
    isUnicode: process.platform === 'win32' || /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || ''),
  };
}

/** A relative XDG_CONFIG_HOME must be ignored according to its specification. */
function configHome({ XDG_CONFIG_HOME = '', APPDATA = '' }: Variables): string {
  const given = [XDG_CONFIG_HOME, APPDATA].find((folder) => isAbsolute(folder));
  return given ?? join(homedir(), '.config');
}
