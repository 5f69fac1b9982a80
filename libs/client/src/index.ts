export { checkStatus, readText, type ClientResponse } from './response.js';
export type { components } from './api-types.js';
export { Availability, type AvailabilityListener } from './availability.js';
export { hasEnded, isJobId, outputName, readJob, type ConversionJob, type ConversionStatus } from './conversion-job.js';
export type { Download, DownloadRequest } from './download.js';
export { formatDuration, formatProgress, formatSize } from './format.js';
export { JobPoller, type JobListener, type JobPollerOptions } from './job-poller.js';
export {
  AbortedError,
  InvalidResponseError,
  isTemporary,
  ProblemError,
  RedirectError,
  sentence,
  UnreachableError,
  type FieldError,
  type ProblemDetails,
  type TemporaryError,
} from './problem.js';
export {
  RestClient,
  type AccountChange,
  type AccountDelivery,
  type AccessToken,
  type ChangedJobs,
  type ClientOptions,
  type ConversionJobList,
  type ConvertAgainOptions,
  type Credentials,
  type JobListQuery,
  type JobSelection,
  type UploadRequest,
  type UploadSender,
  type User,
} from './rest-client.js';
export { backOffMs, RetryPolicy, RetryTimeoutError, type RetryOptions } from './retry-policy.js';
