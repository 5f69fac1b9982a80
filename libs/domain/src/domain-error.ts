import { failureSentence, FAILURES, isFailureCode, type FailureCode } from './failure-code.js';
import type { FailureParams } from './failure-params.js';
import type { Problem } from './problem.js';
import { PROBLEMS, type ProblemCode, type ProblemParams } from './problems.js';

export type ErrorCode = ProblemCode | FailureCode;

type TemplateCode = { [Code in ProblemCode]: ProblemParams<Code> extends never ? never : Code }[ProblemCode];
type FixedCode = Exclude<ErrorCode, TemplateCode>;

export interface DomainErrorDetails {
  /** The underlying error: for the log, never for users. */
  readonly cause?: unknown;
  /** For operators, in readiness, setup and logs, in place of the sentence for users. Clients never see it. */
  readonly message?: string;
  /** The parameters of a failed conversion's sentence. */
  readonly failureParams?: FailureParams;
}

/** A code and its details. Codes whose sentence is a template need its parameters. */
export type DomainErrorArguments =
  | [code: FixedCode, details?: DomainErrorDetails]
  | {
      [Code in TemplateCode]: [code: Code, details: DomainErrorDetails & { readonly params: ProblemParams<Code> }];
    }[TemplateCode];

/**
 * The one error of the product. `code` survives transports, where `instanceof` does not; `sentence` is safe to show
 * to users; the cause stays in the log.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly failureParams: FailureParams;
  /** True if the same call can succeed later. */
  readonly retryable: boolean;
  /** When to try again, from the parameters or else from the table. */
  readonly retryAfterSeconds: number | undefined;

  constructor(...[code, details = {}]: DomainErrorArguments) {
    const params = 'params' in details ? details.params : undefined;
    const failureParams = details.failureParams ?? {};
    const sentence = isFailureCode(code) ? failureSentence(code, failureParams) : problemSentence(code, params);
    super(details.message ?? sentence, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.sentence = sentence;
    this.failureParams = failureParams;
    const problem: Problem | undefined = isFailureCode(code) ? undefined : PROBLEMS[code];
    this.retryable = isFailureCode(code) ? FAILURES[code].retryable : PROBLEMS[code].retryable;
    this.retryAfterSeconds =
      params !== undefined && 'retryAfterSeconds' in params ? params.retryAfterSeconds : problem?.retryAfterSeconds;
  }
}

function problemSentence(code: ProblemCode, params: unknown): string {
  const { sentence }: Problem = PROBLEMS[code];
  return typeof sentence === 'string' ? sentence : sentence(params as never);
}
