import { formatProgress } from '../client/index.js';
import { announce } from './announce.js';
import { describe } from './describe.js';
import { actionButton, element, iconButton } from './element.js';
import { explain } from './user-request.js';

/**
 * @typedef {import('./conversion.js').Conversion} Conversion
 * @typedef {import('./outputs.js').Outputs} Outputs
 *
 * @typedef {object} CardActions what the user can do with a conversion, besides playing it
 * @property {() => Promise<void>} cancel
 * @property {() => Promise<void>} tryAgain
 * @property {() => Promise<void>} delete from the service
 * @property {() => void} remove from the list, if the service does not have it
 * @property {() => void} putBack
 *
 * @typedef {'cancel' | 'tryAgain' | 'play' | 'download' | 'delete' | 'remove'} Action
 */

/** @type {Record<Action, string>} */
const ACTION_WORDS = {
  cancel: 'Cancel',
  tryAgain: 'Try again',
  play: 'Play',
  download: 'Download',
  delete: 'Delete',
  remove: 'Remove',
};
const ICONS = /** @type {const} */ ({ cancel: 'stop', tryAgain: 'again', delete: 'bin', remove: 'stop' });

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
  /** The icons beside the title. */
  #tools = element('div', { class: 'tools' });
  /** @type {Action[]} */
  #offered = [];
  /** Why the last action failed, until the next one. */
  #actionProblem = '';
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
    this.element.replaceChildren(
      this.#title,
      state,
      this.#progress,
      this.#problem,
      this.#player,
      this.#actions,
      this.#tools,
    );
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
    this.#showProblem(this.#actionProblem || problem);
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
    const hadFocus = [this.#actions, this.#tools].some((group) => group.contains(document.activeElement));
    this.#offered = offered;
    this.#actions.replaceChildren();
    this.#tools.replaceChildren();
    for (const action of offered) {
      if (action === 'play' || action === 'download') this.#actions.append(this.#button(action));
      else this.#tools.append(this.#tool(action));
    }
    if (hadFocus) this.focus();
  }

  /** @returns {Action[]} */
  #possibleActions() {
    const { conversion } = this;
    if (conversion.isDone) return ['play', 'download', 'delete'];
    // A video that was sent completely can be a job already, which this page cannot cancel.
    if (conversion.phase === 'storing') return [];
    if (conversion.isUploading) return ['cancel'];
    if (!conversion.hasEnded) return conversion.job === null ? [] : ['cancel'];
    const last = conversion.isOnService ? 'delete' : 'remove';
    return conversion.canTryAgain ? ['tryAgain', last] : [last];
  }

  /** @param {'play' | 'download'} action */
  #button(action) {
    const button = actionButton(ACTION_WORDS[action], this.conversion.filename, () => {
      if (action === 'play') void this.#play(button);
      else void this.#download(button);
    });
    button.classList.toggle('main', action === 'download');
    return button;
  }

  /** @param {'cancel' | 'tryAgain' | 'delete' | 'remove'} action */
  #tool(action) {
    const button = iconButton(ICONS[action], ACTION_WORDS[action], this.conversion.filename, () => {
      if (action === 'remove') this.#remove();
      else void this.#run(button, this.actions[action]);
    });
    return button;
  }

  /**
   * Disables the button, which keeps the focus, until the work has ended, and shows why it failed.
   * @param {HTMLButtonElement} button
   * @param {() => Promise<void>} work
   */
  async #run(button, work) {
    button.setAttribute('aria-disabled', 'true');
    this.#actionProblem = '';
    this.#showProblem('');
    try {
      await work();
    } catch (error) {
      this.#actionProblem = explain(error);
      if (this.#actionProblem !== '') announce(`${this.conversion.filename}: ${this.#actionProblem}`);
    } finally {
      button.removeAttribute('aria-disabled');
      this.render();
    }
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
   * Shows the progress in the button.
   * @param {HTMLButtonElement} button
   * @param {(onProgress: (fraction: number) => void) => Promise<void>} work
   */
  async #fetching(button, work) {
    const words = /** @type {Text} */ (button.firstChild);
    const before = words.data;
    await this.#run(button, () => work((fraction) => (words.data = `Fetching ${formatProgress(fraction)}`)));
    words.data = before;
  }

  #remove() {
    const { conversion, actions, outputs } = this;
    outputs.abandon(conversion);
    actions.remove();
    const undo = actionButton('Undo', `the removal of ${conversion.filename}`, () => {
      actions.putBack();
      this.#build();
      this.focus();
    });
    const words = element('p', {}, element('bdi', { text: conversion.filename }), ' was removed from the list.');
    this.element.className = 'conversion is-removed';
    this.element.replaceChildren(words, undo);
    undo.focus();
  }
}
