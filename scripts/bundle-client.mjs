import { compileClientLibrary, ensureClientBundle } from './client/client-bundle.mjs';

/** Runs before `npm pack` in apps/cli: builds the program as one file, and the typed client library. */

await ensureClientBundle();
compileClientLibrary();
