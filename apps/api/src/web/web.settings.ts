/** What the page tells its visitors before they send anything. */
export interface WebSettings {
  /** The largest file that the service takes, in bytes. */
  readonly maxUploadBytes: number;
  readonly isRegistrationOpen: boolean;
}
