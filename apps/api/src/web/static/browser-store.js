/**
 * What the browser remembers between visits. It may be switched off or full: then it is remembered until the page is left.
 */
export class BrowserStore {
  /** @type {Map<string, string>} */
  #fallback = new Map();

  /** @param {() => Storage} storage asked for each time: where it is forbidden, already naming it throws */
  constructor(storage) {
    this.storage = storage;
  }

  /**
   * @param {string} key
   * @returns {any} null where there is nothing, or nothing readable
   */
  read(key) {
    try {
      return JSON.parse(this.storage().getItem(key) ?? this.#fallback.get(key) ?? 'null');
    } catch {
      return JSON.parse(this.#fallback.get(key) ?? 'null');
    }
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  write(key, value) {
    const text = JSON.stringify(value);
    try {
      this.storage().setItem(key, text);
      this.#fallback.delete(key);
    } catch {
      this.#fallback.set(key, text);
    }
  }

  /** @param {string} key */
  remove(key) {
    this.#fallback.delete(key);
    try {
      this.storage().removeItem(key);
    } catch {
      // Nothing was kept there.
    }
  }
}
