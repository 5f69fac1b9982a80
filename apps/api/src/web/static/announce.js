import { byId, element } from './element.js';

const KEPT_MS = 20_000;

/**
 * Announces a change to screen readers. Each message is an element of its own, so that two at a time are both read.
 * @param {string} message
 */
export function announce(message) {
  const line = element('p', { text: message });
  byId('announcements', HTMLDivElement).append(line);
  setTimeout(() => line.remove(), KEPT_MS);
}

/** Removes the announcements, so that the next user does not get them. */
export function clearAnnouncements() {
  byId('announcements', HTMLDivElement).replaceChildren();
}
