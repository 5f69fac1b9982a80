import { RestClient } from '@app/client';
import { httpUploadSender } from './http-upload.js';
import type { ServiceUrl } from './service-url.js';
import type { UploadForm } from './upload-form.js';

/** One service and its REST API. */
export interface Service {
  readonly url: ServiceUrl;
  readonly client: RestClient<UploadForm>;
}

export function openService(url: ServiceUrl, signal: AbortSignal): Service {
  return { url, client: new RestClient({ baseUrl: `${url.text}/`, sendUpload: httpUploadSender, signal }) };
}
