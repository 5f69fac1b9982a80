/** What the page tells users before they send anything. */
export interface WebSettings {
  /** The largest file that the service accepts, in bytes. */
  readonly maxUploadBytes: number;
  readonly isRegistrationOpen: boolean;
  readonly isEmailEnabled: boolean;
}
