import type { Writable } from 'node:stream';
import { DomainError, ValidationError } from '@app/domain';
import type { Request, Response } from 'express';
import multer, { MulterError, type Options as FormOptions } from 'multer';
import { MAX_URL_CHARACTERS } from '../webhooks/webhook-url.decorator.js';
import { FormFile } from './form-file.js';
import { SourceIntake, type StoredSource } from './source-intake.js';
import { UploadFeed, type UploadPace } from './upload-feed.js';
import { UploadsEnv } from './uploads.env.js';

/** The most bytes that a form adds to its file: boundaries, part headers, small fields. */
export const FORM_OVERHEAD_BYTES = 64 * 1024;

type MulterOptions = FormOptions & { streamHandler: (request: Request, parser: Writable) => void };

const FORM_LIMITS = {
  fields: 32,
  parts: 33,
  fieldNameSize: 100,
  /** Bytes: the longest URL, each of its characters in four bytes. */
  fieldSize: 4 * MAX_URL_CHARACTERS,
  headerPairs: 32,
  fieldNestingDepth: 0,
};

/** A form after parsing: its stored file and its fields as options. */
export interface ReceivedForm<Options> {
  readonly source: StoredSource;
  readonly options: Options;
}

/** Turns the fields before the file into options. Rejects if they are invalid, before a byte of the file is stored. */
export type FieldsReader<Options> = (fields: object) => Promise<Options>;

interface Reading<Options> {
  readonly file: FormFile;
  readonly feed: UploadFeed;
  readonly readFields: FieldsReader<Options>;
  /** The fields that came before the file. */
  early: object;
  options?: Options;
}

/** Parses an upload form while it arrives and streams its file into object storage. */
export class UploadReceiver {
  constructor(
    private readonly intake: SourceIntake,
    private readonly env: UploadsEnv,
    private readonly pace: UploadPace,
  ) {}

  /** Resolves once the source is complete in storage. Rejects at the first error and leaves nothing in storage. */
  async receive<Options>(
    request: Request,
    response: Response,
    readFields: FieldsReader<Options>,
  ): Promise<ReceivedForm<Options>> {
    const file = new FormFile(this.intake);
    const feed = new UploadFeed(this.env.MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES, this.pace);
    const reading: Reading<Options> = { file, feed, readFields, early: {} };
    try {
      await this.readForm(reading, request, response);
    } catch (error) {
      throw formError(error, file, request);
    } finally {
      feed.stop();
    }
    if (file.stored === null || reading.options === undefined) throw new DomainError('file_missing');
    await this.rejectLateFields(request, reading.early, file.stored);
    return { source: file.stored, options: reading.options };
  }

  private readForm<Options>(reading: Reading<Options>, request: Request, response: Response): Promise<void> {
    const options: MulterOptions = {
      storage: reading.file,
      defParamCharset: 'utf8',
      limits: FORM_LIMITS,
      fileFilter: ({ body }: { body: object }, _file, accept) => {
        reading.early = { ...body };
        reading.readFields(reading.early).then(
          (read) => {
            reading.options = read;
            accept(null, true);
          },
          (error: Error) => accept(error),
        );
      },
      streamHandler: (_request, parser) => {
        reading.feed.start(request, parser);
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
  private async rejectLateFields(request: Request, early: object, stored: StoredSource): Promise<void> {
    const known = new Map<string, unknown>(Object.entries(early));
    const late = Object.entries((request.body ?? {}) as object).filter(([name, value]) => known.get(name) !== value);
    if (late.length === 0) return;
    await this.intake.discard(stored);
    throw new ValidationError(late.map(([field]) => ({ field, message: `${field} must come before the file` })));
  }
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
