import type { User } from '@app/database';
import { DomainError } from '@app/domain';
import { ObjectStorage } from '@app/storage';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { OpenUploads } from './open-uploads.js';
import { FORM_OVERHEAD_BYTES } from './upload-receiver.js';
import { UploadsEnv } from './uploads.env.js';

/** Rejects an upload by its headers, before a byte of its body is read. */
@Injectable()
export class UploadAdmissionGuard implements CanActivate {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly uploads: OpenUploads,
    private readonly env: UploadsEnv,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request & { user: User }>();
    this.checkType(request);
    this.checkLength(request);
    // The response also closes if the client disconnects.
    http.getResponse<Response>().once('close', this.uploads.open(request.user.id));
    await this.checkStorage();
    return true;
  }

  private checkType(request: Request): void {
    const type = request.headers['content-type'] ?? '';
    if (/^\s*multipart\/form-data\s*(;|$)/i.test(type)) return;
    if (/^\s*multipart\//i.test(type)) {
      throw new DomainError('unsupported_media_type', { params: { expected: 'multipart' } });
    }
    throw new DomainError('file_missing');
  }

  private checkLength(request: Request): void {
    const lengthBytes = Number(request.headers['content-length'] ?? 0);
    if (lengthBytes <= this.env.MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES) return;
    throw new DomainError('payload_too_large', { params: { content: 'file', limitBytes: this.env.MAX_UPLOAD_BYTES } });
  }

  private async checkStorage(): Promise<void> {
    try {
      await this.storage.check();
    } catch (cause) {
      throw new DomainError('storage_unavailable', { cause });
    }
  }
}
