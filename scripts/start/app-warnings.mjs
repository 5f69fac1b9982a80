import { logFileOf, workerNames } from './apps.mjs';
import { complain } from '../../tools/project/console-output.mjs';
import { LogWatch } from './log-watch.mjs';

/**
 * Shows the warnings of the apps on the console. Holds them back during the start, when missing services are normal.
 */
export class AppWarnings {
  #isShowing = false;

  /**
   * @param {string} dataFolder
   * @param {number} workers
   */
  constructor(dataFolder, workers) {
    this.watches = ['api', ...workerNames(workers), 'notifier'].map(
      (name) => new LogWatch(name, logFileOf(dataFolder, name), complain),
    );
  }

  /** Shows the held back warnings, which can explain why something does not start. */
  showSinceStart() {
    if (this.#isShowing) return;
    this.#isShowing = true;
    for (const watch of this.watches) watch.start();
  }

  showFromNowOn() {
    if (this.#isShowing) return;
    for (const watch of this.watches) watch.skip();
    this.showSinceStart();
  }
}
