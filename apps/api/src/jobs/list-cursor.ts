import type { ListPosition } from '@app/database';

const CURSOR = /^[\w-]{1,100}$/;
const POSITION = /^(\d{1,16})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Encodes a position in a list as text. */
export function cursorOf({ createdAtMicros, id }: ListPosition): string {
  return Buffer.from(`${createdAtMicros}.${id}`).toString('base64url');
}

/** Returns null for a text that `cursorOf` cannot have returned. */
export function readCursor(cursor: string): ListPosition | null {
  if (!CURSOR.test(cursor)) return null;
  const [, createdAtMicros, id] = POSITION.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (createdAtMicros === undefined || id === undefined) return null;
  const position = { createdAtMicros, id };
  return cursorOf(position) === cursor ? position : null;
}
