import type { Server } from 'node:http';
import { CoreEnv } from '@app/config';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const IDLE_SWEEP_MS = 100;

/** Waits for running requests, such as uploads, before the process exits; closes them when `DRAIN_SECONDS` are over. */
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
    // A kept-alive connection becomes idle after its last answer and would keep the server open.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    const cutOff = setTimeout(() => {
      this.logger.warn(`Closing requests that are still running after ${this.core.DRAIN_SECONDS} s`);
      server.closeAllConnections();
    }, this.core.DRAIN_SECONDS * 1000);
    await closed;
    clearInterval(sweep);
    clearTimeout(cutOff);
  }
}
