import { describe, expect, it } from 'vitest';
import { UsageError } from '../failure.js';
import { parseArguments } from './arguments.js';

const JOB = '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11';
const DEFAULTS = { out: null, force: false, json: false, timeoutMs: 300_000, url: null };
const CONVERT = { name: 'convert', notify: false, ...DEFAULTS };

describe('the arguments', () => {
  it.each([
    [['a.mp4', 'b.mkv'], { ...CONVERT, files: ['a.mp4', 'b.mkv'] }],
    [['a.mp4', '--out', 'x y', '--force'], { ...CONVERT, files: ['a.mp4'], out: 'x y', force: true }],
    [['-f', '-o', 'out', '--json', 'a.mp4'], { ...CONVERT, files: ['a.mp4'], out: 'out', force: true, json: true }],
    [['--url=http://h', '--wait=0', 'a.mp4'], { ...CONVERT, files: ['a.mp4'], url: 'http://h', timeoutMs: 0 }],
    [['--', '-a.mp4', 'login'], { ...CONVERT, files: ['-a.mp4', 'login'] }],
    [['a.mp4', '--notify'], { ...CONVERT, files: ['a.mp4'], notify: true }],
    [['a.mp4', 'login'], { ...CONVERT, files: ['a.mp4', 'login'] }],
    [['./login'], { ...CONVERT, files: ['./login'] }],
    [['get', JOB, '--out', 'x', JOB.toUpperCase()], { name: 'get', jobIds: [JOB], ...DEFAULTS, out: 'x' }],
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
    [['get', '--notify', JOB], '--notify is not an option of get.'],
    [['login', '--out', 'x'], '--out is not an option of login.'],
    [['login', 'ada'], 'login takes options only. For a file with that name write ./login.'],
    [['get'], 'Name the jobs'],
    [['get', '../me'], '../me is not a job ID.'],
  ])('are rejected: %j', (args, message) => {
    expect(() => parseArguments(args)).toThrow(UsageError);
    expect(() => parseArguments(args)).toThrow(message);
  });
});
