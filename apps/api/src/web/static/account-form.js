import { ProblemError, sentence } from '../client/index.js';
import { byId } from './element.js';

/** @typedef {'sign-in' | 'register'} Mode */

const WORDS = {
  'sign-in': { title: 'Sign in', question: 'No account yet?', other: 'Create one', username: '', password: '' },
  register: {
    title: 'Create an account',
    question: 'Do you have an account?',
    other: 'Sign in',
    username: '3 to 50 letters, digits or . _ - + @',
    password: 'At least 8 characters',
  },
};
const MIN_PASSWORD_CHARACTERS = 8;
const TOO_SHORT = `The password must have at least ${MIN_PASSWORD_CHARACTERS} characters.`;
const TOO_LONG = 'This password is too long. Choose a shorter one.';
const CLOSED = 'Sign-up is disabled. Ask your administrator for an account.';

/**
 * Returns the names of the invalid inputs; the first one gets the focus.
 * @param {ProblemError} problem
 * @returns {string[]}
 */
function wrongFields({ code, fields }) {
  if (code === 'username_taken') return ['username'];
  // The service does not say which one is incorrect; more often it is the one that is not shown during typing.
  if (code === 'invalid_credentials') return ['password', 'username'];
  return fields.map(({ field }) => field);
}

/** The form to sign in with or to register. */
export class AccountForm {
  #section = byId('account', HTMLElement);
  #title = byId('account-title', HTMLHeadingElement);
  #reason = byId('account-reason', HTMLParagraphElement);
  #error = byId('account-error', HTMLParagraphElement);
  #username = byId('username', HTMLInputElement);
  #password = byId('password', HTMLInputElement);
  #submit = byId('account-submit', HTMLButtonElement);
  #question = byId('other-mode-question', HTMLSpanElement);
  #other = byId('other-mode', HTMLButtonElement);
  /** @type {Mode} */
  #mode = 'sign-in';
  #isBusy = false;

  /** @param {{ session: import('./session.js').Session, isRegistrationOpen: boolean, onSignedIn: () => void }} options */
  constructor({ session, isRegistrationOpen, onSignedIn }) {
    this.session = session;
    this.isRegistrationOpen = isRegistrationOpen;
    this.onSignedIn = onSignedIn;
    byId('account-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#isBusy) void this.#send();
    });
    this.#other.addEventListener('click', () => {
      this.#choose(this.#mode === 'sign-in' ? 'register' : 'sign-in');
      this.#username.focus();
    });
    byId('show-password', HTMLInputElement).addEventListener('change', ({ target }) => {
      this.#password.type = /** @type {HTMLInputElement} */ (target).checked ? 'text' : 'password';
    });
  }

  /** @param {string} [reason] why the user must sign in again */
  show(reason = '') {
    this.#choose('sign-in');
    this.#reason.textContent = reason;
    this.#reason.hidden = reason === '';
    this.#section.hidden = false;
  }

  hide() {
    this.#section.hidden = true;
    this.#password.value = '';
  }

  focus() {
    this.#username.focus();
  }

  /** @param {Mode} mode */
  #choose(mode) {
    this.#mode = mode;
    const { title, question, other, username, password } = WORDS[mode];
    this.#title.textContent = title;
    this.#submit.textContent = title;
    byId('username-hint', HTMLParagraphElement).textContent = username;
    byId('password-hint', HTMLParagraphElement).textContent = password;
    this.#password.autocomplete = mode === 'sign-in' ? 'current-password' : 'new-password';
    this.#question.textContent = this.isRegistrationOpen ? question : CLOSED;
    this.#other.textContent = other;
    this.#other.hidden = !this.isRegistrationOpen;
    this.#showError('', []);
  }

  async #send() {
    const account = { username: this.#username.value.trim(), password: this.#password.value };
    this.#isBusy = true;
    this.#submit.setAttribute('aria-disabled', 'true');
    this.#showError('', []);
    try {
      await (this.#mode === 'sign-in' ? this.session.signIn(account) : this.session.register(account));
      this.hide();
      this.onSignedIn();
    } catch (error) {
      this.#explain(error);
    } finally {
      this.#isBusy = false;
      this.#submit.removeAttribute('aria-disabled');
    }
  }

  /** @param {unknown} error */
  #explain(error) {
    if (!(error instanceof ProblemError) || error.isFromGateway) {
      this.#showError('The service does not respond. Try again in a moment.', []);
      return;
    }
    if (error.code === 'registration_closed') {
      this.isRegistrationOpen = false;
      this.#choose('sign-in');
    }
    const fields = wrongFields(error);
    const sentences = error.fields.map((field) => this.#sentence(field));
    this.#showError(sentences.join(' ') || error.message, fields);
    (fields[0] === 'password' ? this.#password : this.#username).focus();
  }

  /**
   * Words the limits of a password: the service counts its bytes, which users do not.
   * @param {{ field: string, message: string }} error
   */
  #sentence({ field, message }) {
    if (field === 'password') {
      return [...this.#password.value].length < MIN_PASSWORD_CHARACTERS ? TOO_SHORT : TOO_LONG;
    }
    return sentence(message);
  }

  /**
   * @param {string} message
   * @param {readonly string[]} fields the invalid inputs
   */
  #showError(message, fields) {
    this.#error.textContent = message;
    this.#error.hidden = message === '';
    for (const input of [this.#username, this.#password]) {
      if (fields.includes(input.name)) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    }
  }
}
