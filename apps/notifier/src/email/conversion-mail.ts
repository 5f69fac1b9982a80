import { failureSentence, isFailureCode } from '@app/domain';
import { mailBody, nameInMail, type Block, type MailBody } from './mail-body.js';

export interface FinishedConversion {
  readonly jobId: string;
  /** The name of the uploaded file. */
  readonly filename: string | null;
  /** The duration of the MP3; null if the conversion failed. */
  readonly durationMs: number | null;
  /** The reason for the failure; null if the MP3 is ready. */
  readonly error: string | null;
}

export interface MailLinks {
  /** The page to download the MP3s from; null if the service does not know its own address. */
  readonly page: string | null;
  readonly unsubscribe: string | null;
}

/** A mail but for its address and its id. */
export interface MailContent extends MailBody {
  readonly subject: string;
}

/** Tells the owner how conversions ended. */
export function conversionMail(conversions: readonly FinishedConversion[], links: MailLinks): MailContent {
  const blocks: Block[] = conversions.flatMap(blocksOf);
  if (links.page !== null) blocks.push({ link: 'Open your conversions', url: links.page });
  blocks.push(
    links.unsubscribe === null
      ? { paragraph: 'To stop these emails, turn off email notifications in your account.' }
      : { link: 'Stop these emails', url: links.unsubscribe },
  );
  return { subject: subjectOf(conversions), ...mailBody(blocks) };
}

function subjectOf(conversions: readonly FinishedConversion[]): string {
  const [first] = conversions;
  if (conversions.length === 1 && first !== undefined) {
    return `${first.error === null ? 'Your MP3 is ready' : 'Your conversion failed'}: ${nameOf(first)}`;
  }
  const failed = conversions.filter(({ error }) => error !== null).length;
  const ready = conversions.length - failed;
  if (failed === 0) return `${ready} MP3s are ready`;
  if (ready === 0) return `${failed} conversions failed`;
  return `${conversions.length} conversions finished: ${ready} ready, ${failed} failed`;
}

function blocksOf(conversion: FinishedConversion): Block[] {
  const { jobId, durationMs, error } = conversion;
  const sentence =
    error === null
      ? 'Your MP3 is ready.'
      : `Your conversion failed. ${failureSentence(isFailureCode(error) ? error : 'unknown_error')}`;
  const facts: [string, string][] = [
    ['File', nameOf(conversion)],
    ['Job', jobId],
  ];
  if (durationMs !== null) facts.push(['Length', lengthText(durationMs)]);
  return [{ paragraph: sentence }, { facts }];
}

function nameOf({ jobId, filename }: FinishedConversion): string {
  const name = nameInMail(filename ?? '');
  return name === '' ? jobId : name;
}

/** Returns a length as users know it from players: `0:05`, `1:02:03`. */
function lengthText(durationMs: number): string {
  const total = Math.round(durationMs / 1000);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${twoDigits(seconds)}` : `${minutes}:${twoDigits(seconds)}`;
}
