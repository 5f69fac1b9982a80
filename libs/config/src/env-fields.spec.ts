import { describe, expect, it } from 'vitest';
import { EnvBoolean, EnvInteger, EnvOneOf, EnvOptional, EnvText, kindOf } from './env-fields.js';
import { EnvironmentError, readEnvironment, type Variables } from './environment.js';

class SampleEnv {
  @EnvInteger(1, 10)
  SLOTS = 2;

  @EnvBoolean()
  SECURE = false;

  @EnvText(3, 5)
  BUCKET = 'media';

  @EnvOneOf(['strict', 'relaxed'])
  SANDBOX = 'strict';

  @EnvOptional()
  @EnvText()
  FOLDER?: string = undefined;
}

const read = (variables: Variables): SampleEnv => readEnvironment([SampleEnv], variables).get(SampleEnv);

function problemsOf(variables: Variables): readonly string[] {
  try {
    read(variables);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
  return [];
}

describe('environment fields', () => {
  it('have their defaults if nothing is set', () => {
    expect(read({})).toEqual({ SLOTS: 2, SECURE: false, BUCKET: 'media', SANDBOX: 'strict', FOLDER: undefined });
  });

  it.each([
    ['1', 1],
    ['10', 10],
    [' 7 ', 7],
  ])('read %j as the whole number %d', (text, value) => {
    expect(read({ SLOTS: text }).SLOTS).toBe(value);
  });

  it.each([
    ['two', 'SLOTS must be a whole number'],
    ['1.5', 'SLOTS must be a whole number'],
    ['1e1', 'SLOTS must be a whole number'],
    ['0x2', 'SLOTS must be a whole number'],
    [' ', 'SLOTS must be a whole number'],
    ['0', 'SLOTS must be at least 1'],
    ['-1', 'SLOTS must be at least 1'],
    ['11', 'SLOTS must be at most 10'],
  ])('reject %j as a whole number from 1 to 10', (text, problem) => {
    expect(problemsOf({ SLOTS: text })).toEqual([problem]);
  });

  it.each(['true', 'TRUE', '1', 'yes', 'on', ' true '])('read %j as true', (text) => {
    expect(read({ SECURE: text }).SECURE).toBe(true);
  });

  it.each(['false', 'False', '0', 'no', 'off'])('read %j as false', (text) => {
    expect(read({ SECURE: text }).SECURE).toBe(false);
  });

  it.each(['ja', '2', 'truee', 'constructor'])('reject %j as true or false', (text) => {
    expect(problemsOf({ SECURE: text })).toEqual(['SECURE must be true or false']);
  });

  it('limit the length of a text', () => {
    expect(problemsOf({ BUCKET: 'ab' })).toEqual(['BUCKET must have at least 3 characters']);
    expect(problemsOf({ BUCKET: 'abcdef' })).toEqual(['BUCKET must have at most 5 characters']);
  });

  it('list the accepted values of a choice', () => {
    expect(read({ SANDBOX: 'relaxed' }).SANDBOX).toBe('relaxed');
    expect(problemsOf({ SANDBOX: 'none' })).toEqual(['SANDBOX must be one of: strict, relaxed']);
  });

  it('leave an optional variable undefined, even if it is empty', () => {
    expect(read({ FOLDER: '' }).FOLDER).toBeUndefined();
    expect(read({ FOLDER: '/data' }).FOLDER).toBe('/data');
  });

  it('describe their values for the documents', () => {
    expect(['SLOTS', 'SECURE', 'BUCKET', 'SANDBOX', 'FOLDER'].map((name) => kindOf(SampleEnv, name))).toEqual([
      'whole number from 1 to 10',
      '`true` or `false`',
      'text of 3 to 5 characters',
      '`strict`, `relaxed`',
      'text',
    ]);
    expect(kindOf(SampleEnv, 'CONSTRUCTOR')).toBeUndefined();
  });
});
