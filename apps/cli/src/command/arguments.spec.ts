import { describe, expect, it } from 'vitest';
import { UsageError } from '../failure.js';
import { parseArguments } from './arguments.js';

const JOB = '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11';
const OTHER_JOB = '3f0c8f0e-8a3c-4a55-9b0a-0d3f5a1c7e21';
const SERVICE = { json: false, timeoutMs: 300_000, url: null };
const DEFAULTS = { out: null, force: false, ...SERVICE };
const CONVERT = { name: 'convert', notify: false, detach: false, ...DEFAULTS };

describe('the arguments', () => {
  it.each([
    [['a.mp4', 'b.mkv'], { ...CONVERT, files: ['a.mp4', 'b.mkv'] }],
    [['a.mp4', '--out', 'x y', '--force'], { ...CONVERT, files: ['a.mp4'], out: 'x y', force: true }],
    [['-f', '-o', 'out', '--json', 'a.mp4'], { ...CONVERT, files: ['a.mp4'], out: 'out', force: true, json: true }],
    [['--url=http://h', '--wait=0', 'a.mp4'], { ...CONVERT, files: ['a.mp4'], url: 'http://h', timeoutMs: 0 }],
    [['--', '-a.mp4', 'login'], { ...CONVERT, files: ['-a.mp4', 'login'] }],
    [['a.mp4', '--detach'], { ...CONVERT, files: ['a.mp4'], detach: true }],
    [['a.mp4', '--notify'], { ...CONVERT, files: ['a.mp4'], notify: true }],
    [['a.mp4', 'login'], { ...CONVERT, files: ['a.mp4', 'login'] }],
    [['./login'], { ...CONVERT, files: ['./login'] }],
    [['download', JOB, '--out', 'x', JOB.toUpperCase()], { name: 'download', jobIds: [JOB], ...DEFAULTS, out: 'x' }],
    [['list'], { name: 'list', statuses: [], search: null, limit: 50, ...SERVICE }],
    [
      [
        'list',
        '--status',
        'done',
        '--status=FAILED',
        '--status',
        'DONE',
        '--search',
        'a b',
        '--limit',
        '250',
        '--json',
      ],
      { name: 'list', statuses: ['DONE', 'FAILED'], search: 'a b', limit: 250, ...SERVICE, json: true },
    ],
    [['status', JOB], { name: 'status', jobIds: [JOB], ...SERVICE }],
    [['cancel', JOB, OTHER_JOB], { name: 'cancel', jobIds: [JOB, OTHER_JOB], ...SERVICE }],
    [['retry', JOB, '--wait', '1'], { name: 'retry', jobIds: [JOB], ...SERVICE, timeoutMs: 1000 }],
    [['delete', JOB, JOB], { name: 'delete', jobIds: [JOB], ...SERVICE }],
    [['login'], { name: 'login', url: null, username: null }],
    [['--url', 'http://h', 'login', '--user', 'ada'], { name: 'login', url: 'http://h', username: 'ada' }],
    [['logout', '--url', 'http://h'], { name: 'logout', url: 'http://h' }],
    [['-h'], { name: 'help' }],
    [['login', '--help'], { name: 'help' }],
    [['--version'], { name: 'version' }],
  ])('are understood: %j', (args, command) => {
    expect(parseArguments(args)).toEqual(command);
  });

  it.each([
    [[], 'Name the videos to convert.'],
    [[''], 'Name the videos to convert.'],
    [['--bogus', 'a.mp4'], 'There is no option --bogus. For a file with that name write ./--bogus.'],
    [['-talk.mp4'], 'There is no option -talk.mp4. For a file with that name write ./-talk.mp4.'],
    [['a.mp4', '--out'], 'needs a value'],
    [['a.mp4', '--url', '--json'], 'needs a value'],
    [['a.mp4', '--force=yes'], 'takes no value'],
    [['a.mp4', '--wait', 'long'], '--wait must be a whole number'],
    [['a.mp4', '--wait', '1e9'], '--wait must be a whole number'],
    [['a.mp4', '--wait', '604801'], '--wait must be a whole number'],
    [['a.mp4', '--user', 'ada'], '--user is not an option of convert.'],
    [['download', '--notify', JOB], '--notify is not an option of download.'],
    [['login', '--out', 'x'], '--out is not an option of login.'],
    [['login', 'ada'], 'login takes options only. For a file with that name write ./login.'],
    [['download'], 'Name the jobs'],
    [['delete'], 'Name the jobs'],
    [['cancel', '../me'], '../me is not a job ID.'],
    [['delete', '--force', JOB], '--force is not an option of delete.'],
    [['a.mp4', '--detach', '--out', 'x'], '--out has no effect with --detach. Use it with download.'],
    [['a.mp4', '--detach', '-f'], '--force has no effect with --detach.'],
    [['list', 'a.mp4'], 'list takes options only. For a file with that name write ./list.'],
    [['list', '--status', 'READY'], '--status READY is unknown. Use one of PENDING, PROCESSING,'],
    [['list', '--limit', '0'], '--limit must be a whole number from 1 to 100000.'],
    [['list', '--limit', '100001'], '--limit must be a whole number from 1 to 100000.'],
  ])('are rejected: %j', (args, message) => {
    expect(() => parseArguments(args)).toThrow(UsageError);
    expect(() => parseArguments(args)).toThrow(message);
  });
});
