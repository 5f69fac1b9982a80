import { DomainError } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { UploadsEnv } from './uploads.env.js';

/** Limits the uploads in progress in this process, because each can hold one part of 5 MiB in memory. */
@Injectable()
export class OpenUploads {
  private total = 0;
  private readonly ofUser = new Map<number, number>();

  constructor(private readonly env: UploadsEnv) {}

  /** Counts an upload until the returned function is called. */
  open(userId: number): () => void {
    const ofUser = this.ofUser.get(userId) ?? 0;
    if (ofUser >= this.env.MAX_OPEN_UPLOADS_PER_USER) {
      throw new DomainError('too_many_uploads', { params: { uploads: ofUser } });
    }
    if (this.total >= this.env.MAX_OPEN_UPLOADS) throw new DomainError('too_busy');
    this.count(userId, 1);
    let isOpen = true;
    return () => {
      if (isOpen) this.count(userId, -1);
      isOpen = false;
    };
  }

  private count(userId: number, change: 1 | -1): void {
    this.total += change;
    const ofUser = (this.ofUser.get(userId) ?? 0) + change;
    if (ofUser === 0) this.ofUser.delete(userId);
    else this.ofUser.set(userId, ofUser);
  }
}
