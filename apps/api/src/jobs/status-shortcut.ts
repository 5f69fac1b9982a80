import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ShownJob } from '@app/database';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { SignedInUsers } from '../auth/signed-in-users.js';
import { ConversionJobDto } from './conversion-job.dto.js';
import { JobsService } from './jobs.service.js';

const STATUS_URL = /^\/media\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/status$/;

/**
 * Answers status requests before Nest's guards, pipes and interceptors, which cost more than reading the job. Most
 * requests are status requests, because clients poll. It answers only if all is well; all other requests (with a new
 * token, a wrong id, a database error) are passed on to JobsController.
 */
@Injectable()
export class StatusShortcut implements NestMiddleware {
  constructor(
    private readonly signedIn: SignedInUsers,
    private readonly jobs: JobsService,
  ) {}

  use(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: () => void): void {
    const id = STATUS_URL.exec(request.originalUrl ?? '')?.[1];
    const user = id === undefined ? null : this.signedIn.findKnown(request.headers);
    if (id === undefined || user === null) {
      next();
      return;
    }
    this.jobs.findShown(id, user.id).then(
      (job) => (job === null ? next() : send(response, job)),
      () => next(),
    );
  }
}

function send(response: ServerResponse, job: ShownJob): void {
  const body = JSON.stringify(new ConversionJobDto(job));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  // As text, so that Node sends head and body in one write.
  response.end(body);
}
