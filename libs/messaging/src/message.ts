import type { ConversionFinished } from './conversion-finished.message.js';
import type { ConversionRequested } from './conversion-requested.message.js';

/** Every message of the service. */
export type Message = ConversionRequested | ConversionFinished;

export type MessageType = Message['type'];
