import type { Server } from 'node:http';
import { CoreEnv } from '@app/config';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const IDLE_SWEEP_MS = 100;

/** Lets the requests in flight end, uploads above all, before the process goes; past the bound they are cut off. */
@Injectable()
export class HttpDrain implements BeforeApplicationShutdown {
  private readonly logger = new Logger(HttpDrain.name);

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly core: CoreEnv,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection that was kept alive becomes idle after its last answer and would hold the server open.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    const cutOff = setTimeout(() => {
      this.logger.warn(`Requests still running after ${this.core.DRAIN_SECONDS} s are cut off`);
      server.closeAllConnections();
    }, this.core.DRAIN_SECONDS * 1000);
    await closed;
    clearInterval(sweep);
    clearTimeout(cutOff);
  }
}
