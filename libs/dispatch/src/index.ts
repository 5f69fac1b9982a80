export * from './dispatch.module.js';
export * from './dispatcher.js';
export * from './outbox-relay.js';
