import type { Writable } from 'node:stream';
import { DomainError, ValidationError } from '@app/domain';
import type { Request, Response } from 'express';
import multer, { MulterError, type Options } from 'multer';
import { FormFile } from './form-file.js';
import { SourceIntake, type StoredSource } from './source-intake.js';
import { UploadFeed, type UploadPace } from './upload-feed.js';
import { UploadsEnv } from './uploads.env.js';

/** The most bytes that a form adds to its file: boundaries, part headers, small fields. */
export const FORM_OVERHEAD_BYTES = 64 * 1024;

const FORM_LIMITS = {
  fields: 32,
  parts: 33,
  fieldNameSize: 100,
  fieldSize: 1024,
  headerPairs: 32,
  fieldNestingDepth: 0,
};

/** Parses an upload form while it arrives and streams its file into object storage. */
export class UploadReceiver {
  constructor(
    private readonly intake: SourceIntake,
    private readonly env: UploadsEnv,
    private readonly pace: UploadPace,
  ) {}

  /** Resolves once the source is complete in storage. Rejects at the first error and leaves nothing in storage. */
  async receive(request: Request, response: Response): Promise<StoredSource> {
    const file = new FormFile(this.intake);
    const feed = new UploadFeed(this.env.MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES, this.pace);
    try {
      await this.readForm(file, feed, request, response);
    } catch (error) {
      throw formError(error, file, request);
    } finally {
      feed.stop();
    }
    if (file.stored === null) {
      throw new DomainError('file_missing');
    }
    await this.rejectLateFields(request, file.stored);
    return file.stored;
  }

  private readForm(file: FormFile, feed: UploadFeed, request: Request, response: Response): Promise<void> {
    const options: Options & { streamHandler: (request: Request, parser: Writable) => void } = {
      storage: file,
      defParamCharset: 'utf8',
      limits: FORM_LIMITS,
      fileFilter: ({ body }: { body: unknown }, _file, accept) => {
        const unknown = unknownFields(body);
        if (unknown === null) accept(null, true);
        else accept(unknown);
      },
      streamHandler: (_request, parser) => {
        feed.start(request, parser);
        // multer reports an error only after it has read the rest of the body, unless the request says that it
        // cannot be read. The filter answers at once and discards the rest, up to a limit.
        request.readable = false;
      },
    };
    return new Promise((resolve, reject) => {
      multer(options).single('file')(request, response, (error?: unknown) => {
        if (error === undefined || error === null) resolve();
        else reject(error instanceof Error ? error : new Error('The form cannot be parsed', { cause: error }));
      });
    });
  }

  /** Rejects fields after the file, which arrive only when the file is already stored. */
  private async rejectLateFields(request: Request, stored: StoredSource): Promise<void> {
    const unknown = unknownFields(request.body);
    if (unknown === null) return;
    await this.intake.discard(stored);
    throw unknown;
  }
}

function unknownFields(body: unknown): ValidationError | null {
  const names = Object.keys(body ?? {});
  if (names.length === 0) return null;
  return new ValidationError(names.map((field) => ({ field, message: `${field} is not a known field` })));
}

function formError(error: unknown, file: FormFile, request: Request): unknown {
  if (error instanceof DomainError || error === file.failure) return error;
  if (request.destroyed && !request.complete) {
    return new DomainError('upload_aborted', { cause: error });
  }
  if (error instanceof MulterError && error.code === 'LIMIT_UNEXPECTED_FILE') {
    const field = error.field ?? 'file';
    return new ValidationError([{ field, message: 'Send exactly one file, in the field "file"' }]);
  }
  if (error instanceof MulterError && error.field !== undefined) {
    return new ValidationError([{ field: error.field, message: error.message }]);
  }
  return new DomainError('malformed_request', { cause: error });
}
