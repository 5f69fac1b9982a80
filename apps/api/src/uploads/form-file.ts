import { DomainError } from '@app/domain';
import type { Request } from 'express';
import type { StorageEngine } from 'multer';
import type { SourceIntake, StoredSource } from './source-intake.js';

/** The storage engine of multer for one request: passes the file of the form to the intake. */
export class FormFile implements StorageEngine {
  stored: StoredSource | null = null;
  /** An error while storing the file, not while parsing the form. */
  failure: unknown = null;

  constructor(private readonly intake: SourceIntake) {}

  _handleFile(_request: Request, file: Express.Multer.File, done: (error: unknown, info?: object) => void): void {
    this.intake.store(file.stream, file.originalname).then(
      (stored) => {
        this.stored = stored;
        done(null, {});
      },
      (error: unknown) => {
        if (error instanceof DomainError || file.stream.errored === null) this.failure ??= error;
        done(error);
      },
    );
  }

  /** Called for a stored file when the rest of the form is rejected or the client disconnects. */
  _removeFile(_request: Request, _file: Express.Multer.File, done: (error: Error | null) => void): void {
    const { stored } = this;
    if (stored === null) return done(null);
    this.stored = null;
    this.intake.discard(stored).then(() => done(null), done);
  }
}
