import { byId, element } from './element.js';

const KEPT_MS = 20_000;

/**
 * Has screen readers say what others see happen. Each message is an element of its own, so that two at a time are both read.
 * @param {string} message
 */
export function announce(message) {
  const line = element('p', { text: message });
  byId('announcements', HTMLDivElement).append(line);
  setTimeout(() => line.remove(), KEPT_MS);
}

/** What was said to one person is not for the next. */
export function silence() {
  byId('announcements', HTMLDivElement).replaceChildren();
}
