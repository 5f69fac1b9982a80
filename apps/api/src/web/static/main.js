import { AccountForm } from './account-form.js';
import { announce } from './announce.js';
import { call } from './api.js';
import { openDropArea } from './drop-area.js';
import { byId } from './element.js';
import { Session } from './session.js';
import { Workspace } from './workspace.js';

/** The page as a whole: who is signed in decides which half is shown. */

const LEAVING = 'Videos are still being uploaded. Sign out and cancel them?';
const AWAY = 'The service does not answer right now. This page keeps trying; you can leave it open.';
const EXPIRED = 'Your session has ended. Sign in again to go on where you were.';

const work = byId('work', HTMLElement);
const away = byId('away', HTMLParagraphElement);
const visitorLine = byId('visitor', HTMLParagraphElement);
const session = new Session();
const { maxUploadBytes, isRegistrationOpen } = await readSettings();
const accountForm = new AccountForm({ session, isRegistrationOpen, onSignedIn: () => enter(true) });
/** @type {Workspace | null} */
let workspace = null;

openDropArea({
  maxUploadBytes,
  isOpen: () => !work.hidden,
  onFiles: (files) => void workspace?.take(files),
});
byId('sign-out', HTMLButtonElement).addEventListener('click', () => {
  // A plain question of the browser's own: nothing else may happen until it is answered.
  if (workspace?.isUploading === true && !confirm(LEAVING)) return;
  leave();
});
addEventListener('beforeunload', (event) => {
  if (workspace?.isUploading === true) event.preventDefault();
});
addEventListener('online', () => workspace?.goOn());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) workspace?.watch.askSoon(0);
});

if (session.visitor === null) accountForm.show();
else enter(false);

/** @param {boolean} hasJustSignedIn */
function enter(hasJustSignedIn) {
  const { visitor } = session;
  if (visitor === null) return;
  if (workspace !== null && workspace.userId !== visitor.userId) closeWorkspace();
  if (workspace === null) workspace = new Workspace(visitor, { maxUploadBytes, onSignedOut: expire, onAway: showAway });
  else workspace.resume(visitor);
  byId('visitor-name', HTMLElement).textContent = visitor.username;
  visitorLine.hidden = false;
  work.hidden = false;
  if (hasJustSignedIn) byId('files', HTMLInputElement).focus();
}

/** The visitor goes. */
function leave() {
  closeWorkspace();
  hideWork();
  accountForm.show();
  accountForm.focus();
}

/**
 * The token has run out: what was begun goes on when the same visitor signs in again.
 * @param {string} token a late answer may concern the one before
 */
function expire(token) {
  if (session.visitor?.token !== token) return;
  workspace?.pause();
  hideWork();
  accountForm.show(EXPIRED);
  accountForm.focus();
  announce(EXPIRED);
}

function hideWork() {
  session.end();
  away.hidden = true;
  visitorLine.hidden = true;
  work.hidden = true;
}

function closeWorkspace() {
  workspace?.close();
  workspace = null;
}

/** @param {boolean} isAway */
function showAway(isAway) {
  if (away.hidden === !isAway) return;
  away.textContent = AWAY;
  away.hidden = !isAway;
  announce(isAway ? AWAY : 'The service answers again.');
}

/** Without them the page works as well: the service has the last word on both. */
async function readSettings() {
  try {
    const settings = await call('GET', 'page/settings.json');
    return { maxUploadBytes: settings.max_upload_bytes, isRegistrationOpen: settings.registration_open };
  } catch {
    return { maxUploadBytes: Number.POSITIVE_INFINITY, isRegistrationOpen: true };
  }
}
