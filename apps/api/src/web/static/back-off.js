const FIRST_MS = 1_000;
const MAX_MS = 16_000;

/**
 * How long to wait before something that failed is tried again: ever longer, so that a service that comes back is not
 * met by all pages at once.
 * @param {number} failures in a row, from 1
 */
export function backOffMs(failures) {
  return Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1));
}
