/**
 * The page imports the client library as `../client/index.js`. In the browser this is the address of its compiled files;
 * for the type checker and the tests it is this file.
 */
export * from '@app/client';
