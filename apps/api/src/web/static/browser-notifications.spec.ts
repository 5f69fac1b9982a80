import { beforeEach, describe, expect, it } from 'vitest';
import { readJob, type ConversionJob } from '../client/index.js';
import { BrowserNotifications } from './browser-notifications.js';
import { BrowserStore } from './browser-store.js';
import { Conversion } from './conversion.js';

const START = '2026-01-31T12:00:00.000Z';
const LATER = '2026-01-31T12:00:31.000Z';

class FakeNotification {
  static permission: NotificationPermission = 'default';
  static answer: NotificationPermission = 'granted';
  static asked = 0;
  static readonly shown: string[] = [];
  static fails = false;
  static click: (() => void) | null = null;

  constructor(title: string, { body = '' }: NotificationOptions = {}) {
    if (FakeNotification.fails) throw new TypeError('Illegal constructor');
    FakeNotification.shown.push(`${title}: ${body}`);
  }

  addEventListener(_name: 'click', focus: () => void): void {
    FakeNotification.click = focus;
  }

  static requestPermission(): Promise<NotificationPermission> {
    this.asked += 1;
    this.permission = this.answer;
    return Promise.resolve(this.permission);
  }
}

const memory = (): BrowserStore =>
  new BrowserStore(() => {
    throw new Error('There is no storage here');
  });

function aJob(changes: Partial<ConversionJob>): ConversionJob {
  return readJob({
    id: '0b0f4e0c-6d0c-4bb7-9c39-5d0f6c8d1f11',
    status: 'PROCESSING',
    filename: 'clip.mp4',
    size: 1000,
    progress: 0,
    created_at: START,
    finished_at: null,
    error_message: null,
    retryable: null,
    duration: null,
    output_size: null,
    ...changes,
  });
}

describe('BrowserNotifications', () => {
  let isHidden: boolean;
  let isFocused: boolean;
  let sut: BrowserNotifications;
  let conversion: Conversion;

  beforeEach(() => {
    Object.assign(FakeNotification, { permission: 'default', answer: 'granted', asked: 0, fails: false });
    FakeNotification.shown.length = 0;
    isHidden = true;
    isFocused = false;
    sut = new BrowserNotifications({
      api: FakeNotification,
      isHidden: () => isHidden,
      focus: () => (isFocused = true),
      store: memory(),
    });
    conversion = new Conversion('clip.mp4', 1000, null);
    conversion.onChange = () => sut.follow(conversion);
  });

  const run = (end: Partial<ConversionJob> = {}): void => {
    conversion.follow(aJob({}));
    conversion.follow(aJob({ status: 'DONE', finished_at: LATER, ...end }));
  };

  it('shows that a long conversion has ended, once', async () => {
    await sut.turnOn();
    run();
    conversion.follow(aJob({ status: 'DONE', finished_at: LATER }));
    expect(FakeNotification.shown).toEqual(['MP3 ready: clip.mp4']);
  });

  it('shows the page on a click', async () => {
    await sut.turnOn();
    run();
    FakeNotification.click?.();
    expect(isFocused).toBe(true);
  });

  it('says why a conversion failed', async () => {
    await sut.turnOn();
    run({ status: 'FAILED', error_message: 'The file has no audio track.' });
    expect(FakeNotification.shown).toEqual(['Conversion failed: clip.mp4: The file has no audio track.']);
  });

  it('asks for nothing and shows nothing by itself', () => {
    FakeNotification.permission = 'granted';
    run();
    expect([FakeNotification.asked, FakeNotification.shown]).toEqual([0, []]);
  });

  it.each([
    ['the page is visible', () => (isHidden = false)],
    ['the user has turned it off again', () => sut.turnOff()],
    ['the user has blocked it since', () => (FakeNotification.permission = 'denied')],
  ])('shows nothing if %s', async (_name, change) => {
    await sut.turnOn();
    change();
    run();
    expect(FakeNotification.shown).toEqual([]);
  });

  it('shows nothing for a short conversion', async () => {
    await sut.turnOn();
    run({ finished_at: '2026-01-31T12:00:30.000Z' });
    expect(FakeNotification.shown).toEqual([]);
  });

  it('shows nothing for a conversion that had ended before the page was opened', async () => {
    await sut.turnOn();
    conversion.follow(aJob({ status: 'DONE', finished_at: LATER }));
    expect(FakeNotification.shown).toEqual([]);
  });

  it('stays off if the user declines', async () => {
    FakeNotification.answer = 'denied';
    await sut.turnOn();
    expect([sut.isOn, sut.isBlocked]).toEqual([false, true]);
  });

  it('does no harm where the browser rejects notifications of pages', async () => {
    await sut.turnOn();
    FakeNotification.fails = true;
    expect(() => run()).not.toThrow();
  });
});
