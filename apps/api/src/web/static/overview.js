import { byId } from './element.js';

/** @typedef {import('./conversion.js').Conversion} Conversion */

const TITLE = document.title;

/** The number of videos in each state: in a line above the list, and in the title for users who look at another tab. */
export class Overview {
  #line = byId('overview', HTMLParagraphElement);
  #clearFinished = byId('clear-finished', HTMLButtonElement);
  /** @type {Set<Conversion>} */
  #conversions = new Set();

  /** @param {Conversion} conversion */
  add(conversion) {
    this.#conversions.add(conversion);
    this.render();
  }

  /** @param {Conversion} conversion */
  remove(conversion) {
    this.#conversions.delete(conversion);
    this.render();
  }

  clear() {
    this.#conversions.clear();
    this.render();
  }

  render() {
    const { running, ready, failed } = countsOf(this.#conversions);
    this.#clearFinished.hidden = running === this.#conversions.size;
    const parts = [
      [running, 'in progress'],
      [ready, 'ready'],
      [failed, 'failed'],
    ];
    const words = parts.filter(([count]) => count !== 0).map((part) => part.join(' '));
    this.#line.textContent = this.#conversions.size > 1 ? words.join(' · ') : '';
    document.title = running > 0 ? `${running} in progress · ${TITLE}` : TITLE;
  }
}

/** @param {Iterable<Conversion>} conversions */
function countsOf(conversions) {
  const counts = { running: 0, ready: 0, failed: 0 };
  for (const { hasEnded, isDone, hasFailed } of conversions) {
    if (!hasEnded) counts.running += 1;
    else if (isDone) counts.ready += 1;
    else if (hasFailed) counts.failed += 1;
  }
  return counts;
}
