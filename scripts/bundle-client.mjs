import { ensureClientBundle } from './client/client-bundle.mjs';

/** Before `npm pack` in apps/cli: the client and what it needs of other packages, as one file. */

await ensureClientBundle();
