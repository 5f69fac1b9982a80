import { RestClient } from '../client/index.js';
import { sendUpload } from './xhr-transfer.js';

/** The REST API of the service that served the page. Addresses are relative, so that the service can be below any path. */
export const service = new RestClient({ baseUrl: '', sendUpload });
