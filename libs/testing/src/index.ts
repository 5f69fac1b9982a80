export * from './fault-proxy.js';
export * from './management-api.js';
export * from './test-database.js';
export * from './test-services.js';
export * from './virtual-host.js';
export * from './wait-for.js';
export * from './database-fixture.js';
