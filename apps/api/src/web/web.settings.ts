/** The settings of the service that the page shows. */
export interface WebSettings {
  /** The largest file that the service accepts, in bytes. */
  readonly maxUploadBytes: number;
  readonly isRegistrationOpen: boolean;
  readonly isEmailEnabled: boolean;
}
