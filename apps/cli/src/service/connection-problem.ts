import type { UnreachableError } from '@app/client';
import { printable } from '../screen/printable.js';

const NOBODY_THERE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** Returns whether nothing listens at the address, or the host does not exist. */
export function isNobodyThere({ cause }: UnreachableError): boolean {
  return NOBODY_THERE.includes((cause as NodeJS.ErrnoException).code ?? '');
}

/** Returns the system's description of a broken connection, such as `certificate has expired`. */
export function reasonOf({ cause }: UnreachableError): string {
  const { message, code } = cause as NodeJS.ErrnoException;
  return printable(message || code || 'the connection broke');
}
