import { logFileOf, workerNames } from './apps.mjs';
import { complain } from '../../tools/project/console-output.mjs';
import { LogWatch } from './log-watch.mjs';

/** The apps' warnings on the console: while everything starts they warn of what is not there yet, which is no news. */
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

  /** Something does not come up: what was held back may tell why. */
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
