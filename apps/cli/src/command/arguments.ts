import { parseArgs } from 'node:util';
import { isJobId, type ConversionStatus } from '@app/client';
import { UsageError } from '../failure.js';

const MAX_WAIT_SECONDS = 7 * 24 * 3600;
const DEFAULT_WAIT_SECONDS = 300;
const MAX_LIST = 100_000;
const DEFAULT_LIST = 50;
const STATUSES = ['PENDING', 'PROCESSING', 'DONE', 'FAILED', 'CANCELED'] as const satisfies readonly ConversionStatus[];

const OPTIONS = {
  out: { type: 'string', short: 'o' },
  force: { type: 'boolean', short: 'f' },
  json: { type: 'boolean' },
  notify: { type: 'boolean' },
  detach: { type: 'boolean' },
  url: { type: 'string' },
  wait: { type: 'string' },
  user: { type: 'string' },
  status: { type: 'string', multiple: true },
  search: { type: 'string' },
  limit: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const;

const SERVICE_OPTIONS = ['json', 'url', 'wait'];
const CONVERSION_OPTIONS = ['out', 'force', ...SERVICE_OPTIONS];
/** The options of each command; any other would have no effect. */
const OPTIONS_OF = {
  convert: [...CONVERSION_OPTIONS, 'notify', 'detach'],
  list: ['status', 'search', 'limit', ...SERVICE_OPTIONS],
  status: SERVICE_OPTIONS,
  cancel: SERVICE_OPTIONS,
  retry: SERVICE_OPTIONS,
  delete: SERVICE_OPTIONS,
  download: CONVERSION_OPTIONS,
  login: ['url', 'user'],
  logout: ['url'],
} satisfies Record<string, string[]>;

export type CommandName = keyof typeof OPTIONS_OF;

interface ServiceOptions {
  readonly json: boolean;
  /** The time for which an unreachable service is retried. */
  readonly timeoutMs: number;
  readonly url: string | null;
}

export interface ConversionOptions extends ServiceOptions {
  /** A folder, or the name of the only MP3; null for the folder of each source. */
  readonly out: string | null;
  readonly force: boolean;
}

interface ListOptions extends ServiceOptions {
  /** Empty for every status. */
  readonly statuses: readonly ConversionStatus[];
  /** Part of the file name. */
  readonly search: string | null;
  readonly limit: number;
}

export type Command =
  | { readonly name: 'help' | 'version' }
  | ({
      readonly name: 'convert';
      readonly files: readonly string[];
      /** Asks the service for an email when each conversion ends. */
      readonly notify: boolean;
      /** Ends after the uploads. */
      readonly detach: boolean;
    } & ConversionOptions)
  | ({ readonly name: 'download'; readonly jobIds: readonly string[] } & ConversionOptions)
  | ({ readonly name: 'list' } & ListOptions)
  | ({
      readonly name: 'status' | 'cancel' | 'retry' | 'delete';
      readonly jobIds: readonly string[];
    } & ServiceOptions)
  | { readonly name: 'login'; readonly url: string | null; readonly username: string | null }
  | { readonly name: 'logout'; readonly url: string | null };

export function parseArguments(args: readonly string[]): Command {
  const { values, positionals, tokens } = parse(args);
  if (values.help === true) return { name: 'help' };
  if (values.version === true) return { name: 'version' };
  const first = tokens.find(({ kind }) => kind === 'positional' || kind === 'option-terminator');
  const name = first?.kind === 'positional' && isCommandName(first.value) ? first.value : null;
  const words = name === null ? positionals : positionals.slice(1);
  const command = name ?? 'convert';
  rejectOthers(command, Object.keys(values));
  return commandOf(command, values, words);
}

function commandOf(name: CommandName, values: Values, words: readonly string[]): Command {
  const url = values.url ?? null;
  const options: ServiceOptions = { json: values.json ?? false, timeoutMs: timeoutMs(values.wait), url };
  const output = { out: values.out ?? null, force: values.force ?? false };
  switch (name) {
    case 'login':
      rejectWords(name, words);
      return { name, url, username: values.user ?? null };
    case 'logout':
      rejectWords(name, words);
      return { name, url };
    case 'list': {
      rejectWords(name, words);
      const filters = { statuses: statuses(values.status ?? []), search: values.search ?? null };
      return { name, ...filters, limit: listLimit(values.limit), ...options };
    }
    case 'convert':
      return {
        name,
        files: files(words),
        notify: values.notify ?? false,
        detach: isDetached(values),
        ...output,
        ...options,
      };
    case 'download':
      return { name, jobIds: jobIds(words), ...output, ...options };
    default:
      return { name, jobIds: jobIds(words), ...options };
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, tokens: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !code.startsWith('ERR_PARSE_ARGS_')) throw error;
    const named = /'(-[^\s'<,]*)/.exec(message)?.[1] ?? '';
    // For several short options in one word, the message names the first one.
    const option = args.find((word) => word.startsWith(named)) ?? named;
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      throw new UsageError(`There is no option ${option}. For a file with that name write ./${option}.`);
    }
    throw new UsageError(
      /argument missing|ambiguous/.test(message) ? `${option} needs a value.` : `${option} takes no value.`,
    );
  }
}

function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(OPTIONS_OF, word);
}

function rejectOthers(command: CommandName, given: readonly string[]): void {
  const other = given.find((option) => !OPTIONS_OF[command].includes(option));
  if (other !== undefined) throw new UsageError(`--${other} is not an option of ${command}.`);
}

function isDetached({ detach = false, out, force }: Values): boolean {
  const other = out === undefined ? 'force' : 'out';
  if (detach && (out !== undefined || force === true)) {
    throw new UsageError(`--${other} has no effect with --detach. Use it with download.`);
  }
  return detach;
}

function rejectWords(name: CommandName, words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`${name} takes options only. For a file with that name write ./${name}.`);
}

function timeoutMs(text = String(DEFAULT_WAIT_SECONDS)): number {
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > MAX_WAIT_SECONDS) {
    throw new UsageError(`--wait must be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}.`);
  }
  return seconds * 1000;
}

function listLimit(text = String(DEFAULT_LIST)): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > MAX_LIST) {
    throw new UsageError(`--limit must be a whole number from 1 to ${MAX_LIST}.`);
  }
  return limit;
}

function statuses(words: readonly string[]): readonly ConversionStatus[] {
  const named = words.map((word) => {
    const status = STATUSES.find((one) => one === word.toUpperCase());
    if (status === undefined) throw new UsageError(`--status ${word} is unknown. Use one of ${STATUSES.join(', ')}.`);
    return status;
  });
  return [...new Set(named)];
}

function files(words: readonly string[]): readonly string[] {
  if (words.length === 0 || words.includes('')) throw new UsageError('Name the videos to convert.');
  return words;
}

function jobIds(words: readonly string[]): readonly string[] {
  if (words.length === 0) throw new UsageError('Name the jobs by their ids.');
  const wrong = words.find((word) => !isJobId(word));
  if (wrong !== undefined)
    throw new UsageError(`${wrong} is not a job ID. An example is 0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11.`);
  return [...new Set(words.map((word) => word.toLowerCase()))];
}
