import { AccountForm } from './account-form.js';
import { announce } from './announce.js';
import { BrowserNotifications } from './browser-notifications.js';
import { BrowserStore } from './browser-store.js';
import { openDropArea } from './drop-area.js';
import { byId } from './element.js';
import { NotificationSettings } from './notification-settings.js';
import { Session } from './session.js';
import { Workspace } from './workspace.js';

/** Shows the form for signed-out users and the workspace for signed-in ones. */

const LEAVING = 'Videos are still being uploaded. Sign out and cancel them?';
const UNAVAILABLE = 'The service does not respond right now. This page keeps trying, so you can leave it open.';
const AVAILABLE = 'The service responds again.';
const EXPIRED = 'Your session has ended. Sign in again to continue.';
const SETTINGS_TIMEOUT_MS = 15_000;

const workspaceSection = byId('workspace', HTMLElement);
const unavailable = byId('unavailable', HTMLParagraphElement);
const userLine = byId('user', HTMLParagraphElement);
const session = new Session();
const notifications = new BrowserNotifications({
  api: 'Notification' in globalThis ? Notification : null,
  isHidden: () => document.hidden,
  focus: () => window.focus(),
  store: new BrowserStore(() => localStorage),
});
const { maxUploadBytes, isRegistrationOpen, isEmailEnabled } = await readSettings();
const notificationSettings = new NotificationSettings(notifications, isEmailEnabled);
const accountForm = new AccountForm({ session, isRegistrationOpen, onSignedIn: () => enter(true) });
/** @type {Workspace | null} */
let workspace = null;

openDropArea({
  maxUploadBytes,
  isOpen: () => !workspaceSection.hidden,
  onFiles: (files) => void workspace?.accept(files),
});
byId('sign-out', HTMLButtonElement).addEventListener('click', () => {
  // A dialog of the browser, because nothing else must happen until it is answered.
  if (workspace?.isUploading === true && !confirm(LEAVING)) return;
  signOut();
});
byId('clear-finished', HTMLButtonElement).addEventListener('click', () => void workspace?.clearFinished());
addEventListener('beforeunload', (event) => {
  if (workspace?.isUploading === true) event.preventDefault();
});
addEventListener('online', () => workspace?.retryNow());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) workspace?.poller.pollNow();
});

if (session.user === null) accountForm.show();
else enter(false);

/** @param {boolean} hasJustSignedIn */
function enter(hasJustSignedIn) {
  const { user } = session;
  if (user === null) return;
  if (workspace !== null && workspace.userId !== user.userId) closeWorkspace();
  if (workspace === null)
    workspace = new Workspace(user, {
      maxUploadBytes,
      notifications,
      onSignedOut: expire,
      onUnavailable: showUnavailable,
    });
  else workspace.resume(user);
  void notificationSettings.show(user.token);
  byId('user-name', HTMLElement).textContent = user.username;
  userLine.hidden = false;
  workspaceSection.hidden = false;
  if (hasJustSignedIn) byId('files', HTMLInputElement).focus();
}

function signOut() {
  closeWorkspace();
  hideWork();
  accountForm.show();
  accountForm.focus();
}

/**
 * Asks to sign in again; then the work of the same user continues.
 * @param {string} token the expired one, because a late answer can concern an earlier token
 */
function expire(token) {
  if (session.user?.token !== token) return;
  workspace?.pause();
  hideWork();
  accountForm.show(EXPIRED);
  accountForm.focus();
  announce(EXPIRED);
}

function hideWork() {
  session.end();
  unavailable.hidden = true;
  userLine.hidden = true;
  workspaceSection.hidden = true;
}

function closeWorkspace() {
  workspace?.close();
  workspace = null;
}

/** @param {boolean} isUnavailable */
function showUnavailable(isUnavailable) {
  if (unavailable.hidden === !isUnavailable) return;
  unavailable.textContent = UNAVAILABLE;
  unavailable.hidden = !isUnavailable;
  announce(isUnavailable ? UNAVAILABLE : AVAILABLE);
}

/** The page works without them too, because the service checks all of them. */
async function readSettings() {
  try {
    const response = await fetch('page/settings.json', { signal: AbortSignal.timeout(SETTINGS_TIMEOUT_MS) });
    const settings = await response.json();
    return {
      maxUploadBytes: settings.max_upload_bytes,
      isRegistrationOpen: settings.registration_open,
      isEmailEnabled: settings.email_enabled,
    };
  } catch {
    return { maxUploadBytes: Number.POSITIVE_INFINITY, isRegistrationOpen: true, isEmailEnabled: true };
  }
}
