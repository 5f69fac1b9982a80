import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, isPortFree } from './free-port.mjs';

const SECRET_BYTES = 24;

/** The ports and generated secrets of one service, stored in its folder for the next start. */
export class ServiceState {
  /**
   * @param {string} folder
   * @param {{ keepsPorts?: boolean }} [options] a service that is started again must be where its users look for it
   */
  constructor(folder, { keepsPorts = false } = {}) {
    this.keepsPorts = keepsPorts;
    this.file = join(folder, 'state.json');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    /** @type {Record<string, string | number>} */
    this.values = readState(this.file);
  }

  /**
   * Returns the port of the last run if it is still free, or else a new one.
   * @param {string} name
   * @returns {Promise<number>}
   */
  async port(name) {
    const previous = this.values[name];
    if (this.keepsPorts && typeof previous === 'number') {
      if (await isPortFree(previous)) return previous;
      throw new Error(`port ${previous} is in use`);
    }
    const taken = Object.values(this.values);
    const port = await freePort(typeof previous === 'number' ? previous : undefined, async (candidate) => {
      return (candidate === previous || !taken.includes(candidate)) && (await isPortFree(candidate));
    });
    this.#keep(name, port);
    return port;
  }

  /**
   * Returns a random secret that is generated once.
   * @param {string} name
   * @returns {string}
   */
  secret(name) {
    const previous = this.values[name];
    if (typeof previous === 'string') return previous;
    const secret = randomBytes(SECRET_BYTES).toString('hex');
    this.#keep(name, secret);
    return secret;
  }

  /**
   * @param {string} name
   * @param {string | number} value
   */
  #keep(name, value) {
    this.values[name] = value;
    const temporary = `${this.file}.new`;
    writeFileSync(temporary, `${JSON.stringify(this.values, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, this.file);
  }
}

/**
 * @param {string} file
 * @returns {Record<string, string | number>}
 */
function readState(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
