/** Something that people are told: a sentence that says what to do next, and a code for scripts. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command itself makes no sense. */
export class UsageError extends Failure {
  constructor(message: string) {
    super('usage', message);
  }
}

/** Nothing can be done for any file: nobody answers, or nobody is signed in. */
export class NoServiceError extends Failure {}

/** The user stopped it. */
export class Stopped extends Error {}
