/**
 * Values that the browser keeps between visits. If its storage is disabled or full, they are kept until the page is left.
 */
export class BrowserStore {
  /** @type {Map<string, string>} */
  #fallback = new Map();

  /** @param {() => Storage} storage a function, because reading the global variable throws if storage is forbidden */
  constructor(storage) {
    this.storage = storage;
  }

  /**
   * @param {string} key
   * @returns {any} null if there is nothing, or nothing readable
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
      // Nothing is stored there.
    }
  }
}
