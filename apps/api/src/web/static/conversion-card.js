import { formatProgress } from '../client/index.js';
import { announce } from './announce.js';
import { describe } from './describe.js';
import { actionButton, element } from './element.js';

/**
 * @typedef {import('./conversion.js').Conversion} Conversion
 * @typedef {import('./outputs.js').Outputs} Outputs
 *
 * @typedef {object} CardActions what the user can do with a conversion, besides playing it
 * @property {(conversion: Conversion) => void} cancel
 * @property {(conversion: Conversion) => void} tryAgain
 * @property {(conversion: Conversion) => void} remove
 * @property {(conversion: Conversion) => void} putBack
 *
 * @typedef {'cancel' | 'tryAgain' | 'play' | 'download' | 'remove'} Action
 */

/** @type {Record<Action, string>} */
const ACTION_WORDS = {
  cancel: 'Cancel',
  tryAgain: 'Try again',
  play: 'Play',
  download: 'Download',
  remove: 'Remove',
};

/** One conversion in the list. */
export class ConversionCard {
  element = element('li', { class: 'conversion' });
  #title = element('h3');
  #words = element('span', { class: 'state-words' });
  #detail = element('span');
  #progress = element('progress');
  #problem = element('p', { class: 'problem' });
  #player = element('div');
  #actions = element('div', { class: 'actions' });
  /** @type {Action[]} */
  #offered = [];
  #announced = '';
  #wasKnown = false;

  /**
   * @param {Conversion} conversion
   * @param {{ actions: CardActions, outputs: Outputs }} options
   */
  constructor(conversion, { actions, outputs }) {
    this.conversion = conversion;
    this.actions = actions;
    this.outputs = outputs;
    this.#title.tabIndex = -1;
    this.#title.append(element('bdi', { text: conversion.filename }));
    this.#progress.max = 1;
    this.#build();
    this.render();
  }

  #build() {
    const state = element('p', { class: 'state' }, this.#words, this.#detail);
    this.element.className = 'conversion';
    this.element.replaceChildren(this.#title, state, this.#progress, this.#problem, this.#player, this.#actions);
  }

  render() {
    const { words, detail, progress, tone, problem } = describe(this.conversion);
    this.element.dataset.tone = tone;
    this.#words.textContent = words;
    this.#detail.textContent = detail;
    this.#progress.hidden = progress === null;
    this.#progress.setAttribute('aria-label', `${words}: ${this.conversion.filename}`);
    if (typeof progress === 'number') this.#progress.value = progress;
    else this.#progress.removeAttribute('value');
    this.#showProblem(problem);
    this.#offer();
    this.#announceNews(words, problem);
    this.#wasKnown = this.conversion.file !== null || this.conversion.job !== null;
  }

  focus() {
    this.#title.focus();
  }

  /** @param {string} problem */
  #showProblem(problem) {
    this.#problem.hidden = problem === '';
    this.#problem.textContent = problem;
  }

  /**
   * Announces a change to screen readers; not for a job of an earlier visit that only appears again.
   * @param {string} words
   * @param {string} problem
   */
  #announceNews(words, problem) {
    const { hasEnded, phase } = this.conversion;
    const isNews = (hasEnded || phase === 'interrupted') && this.#announced !== words && this.#wasKnown;
    if (isNews) announce(`${this.conversion.filename}: ${words}. ${problem}`);
    this.#announced = words;
  }

  #offer() {
    const offered = this.#possibleActions();
    if (offered.join() === this.#offered.join()) return;
    const hadFocus = this.#actions.contains(document.activeElement);
    this.#offered = offered;
    this.#actions.replaceChildren(...offered.map((action) => this.#button(action)));
    if (hadFocus) this.focus();
  }

  /** @returns {Action[]} */
  #possibleActions() {
    const { conversion } = this;
    if (conversion.isDone) return ['play', 'download', 'remove'];
    // A video that was sent completely can be a job already, which this page cannot cancel.
    if (conversion.phase === 'storing') return [];
    if (conversion.isUploading) return ['cancel'];
    if (!conversion.hasEnded) return [];
    return conversion.canSucceedAgain && conversion.file !== null ? ['tryAgain', 'remove'] : ['remove'];
  }

  /** @param {Action} action */
  #button(action) {
    const { conversion } = this;
    const button = actionButton(ACTION_WORDS[action], conversion.filename, () => {
      if (action === 'play') void this.#play(button);
      else if (action === 'download') void this.#download(button);
      else if (action === 'remove') this.#remove();
      else this.actions[action](conversion);
    });
    button.classList.toggle('main', action === 'download' || action === 'tryAgain');
    button.classList.toggle('quiet', action === 'remove');
    return button;
  }

  /** @param {HTMLButtonElement} button */
  async #play(button) {
    await this.#fetching(button, async (onProgress) => {
      const onClose = () => {
        this.#player.replaceChildren();
        button.hidden = false;
      };
      const url = await this.outputs.open(this.conversion, { onProgress, onClose });
      const audio = element('audio');
      audio.controls = true;
      audio.src = url;
      audio.setAttribute('aria-label', `MP3 of ${this.conversion.filename}`);
      this.#player.replaceChildren(audio);
      button.hidden = true;
      audio.focus();
      // Some browsers require another click before they play; the controls are there for it.
      await audio.play().catch(() => undefined);
    });
  }

  /** @param {HTMLButtonElement} button */
  async #download(button) {
    await this.#fetching(button, (onProgress) => this.outputs.download(this.conversion, onProgress));
  }

  /**
   * Shows the progress in the button, which keeps the focus.
   * @param {HTMLButtonElement} button
   * @param {(onProgress: (fraction: number) => void) => Promise<void>} work
   */
  async #fetching(button, work) {
    const words = /** @type {Text} */ (button.firstChild);
    const before = words.data;
    button.setAttribute('aria-disabled', 'true');
    this.#showProblem('');
    try {
      await work((fraction) => (words.data = `Fetching ${formatProgress(fraction)}`));
    } catch (error) {
      const problem = this.outputs.explain(error);
      this.#showProblem(problem);
      if (problem !== '') announce(`${this.conversion.filename}: ${problem}`);
    } finally {
      words.data = before;
      button.removeAttribute('aria-disabled');
    }
  }

  #remove() {
    const { conversion, actions, outputs } = this;
    outputs.abandon(conversion);
    actions.remove(conversion);
    const undo = actionButton('Undo', `the removal of ${conversion.filename}`, () => {
      actions.putBack(conversion);
      this.#build();
      this.focus();
    });
    const words = element('p', {}, element('bdi', { text: conversion.filename }), ' was removed from the list.');
    this.element.className = 'conversion is-removed';
    this.element.replaceChildren(words, undo);
    undo.focus();
  }
}
