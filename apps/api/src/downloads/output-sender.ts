import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { conversionFailure, DomainError } from '@app/domain';
import { ObjectStorage, type ByteRange } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { byteRange } from './byte-range.js';
import { outputDisposition } from './content-disposition.js';
import type { RecordedOutput } from './downloads.service.js';
import { isNotModified, isRangeCurrent, type Validators } from './preconditions.js';

/** Sends the MP3, whole or one range, and handles conditional requests. An incomplete transfer is aborted. */
@Injectable()
export class OutputSender {
  private readonly logger = new Logger(OutputSender.name);

  constructor(private readonly storage: ObjectStorage) {}

  async send(output: RecordedOutput, request: Request, response: Response): Promise<void> {
    await this.checkObject(output);
    const validators: Validators = { etag: `"${output.sha256}"`, lastModified: output.finishedAt };
    if (isNotModified(request.headers, validators)) {
      response.status(304).set(cachingHeaders(validators)).end();
      return;
    }
    const range = requestedRange(output, request, response, validators);
    const body = request.method === 'HEAD' ? null : await this.open(output, range);
    const lengthBytes = range === null ? output.sizeBytes : range.end - range.start + 1;
    response.status(range === null ? 200 : 206).set({
      ...cachingHeaders(validators),
      'Content-Type': 'audio/mpeg',
      'Content-Length': String(lengthBytes),
      'Accept-Ranges': 'bytes',
      'Content-Disposition': outputDisposition(output.sourceFilename),
      ...(range === null ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${output.sizeBytes}` }),
    });
    if (body === null) response.end();
    else await this.transfer(body, lengthBytes, response);
  }

  private async checkObject(output: RecordedOutput): Promise<void> {
    const { sizeBytes } = await this.storage.stat(output.key).catch(rethrowVanished);
    if (sizeBytes === output.sizeBytes) return;
    throw conversionFailure(
      'output_not_found',
      new Error(`${output.key} has ${sizeBytes} bytes instead of ${output.sizeBytes}`),
    );
  }

  private async open(output: RecordedOutput, range: ByteRange | null): Promise<Readable> {
    return this.storage.read(output.key, range ?? undefined).catch(rethrowVanished);
  }

  private async transfer(body: Readable, lengthBytes: number, response: Response): Promise<void> {
    let isShort = false;
    const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      let missingBytes = lengthBytes;
      for await (const chunk of chunks) {
        missingBytes -= chunk.length;
        if (missingBytes < 0) break;
        yield chunk;
      }
      isShort = missingBytes !== 0;
      if (isShort) throw new Error(`Storage did not send ${lengthBytes} bytes: ${missingBytes} are missing`);
    };
    try {
      // An error also destroys the response: the client sees an aborted transfer, not a short file.
      await pipeline(body, counted, response);
    } catch (error) {
      if (!isShort && isPrematureClose(error)) this.logger.log('The client disconnected during a download');
      else throw new DomainError('storage_unavailable', { cause: error });
    }
  }
}

/** An error of the body itself has another code. */
function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function requestedRange(
  output: RecordedOutput,
  request: Request,
  response: Response,
  validators: Validators,
): ByteRange | null {
  // Ranges are defined for GET only.
  if (request.method !== 'GET' || !isRangeCurrent(request.headers, validators)) return null;
  const range = byteRange(request.headers.range, output.sizeBytes);
  if (range !== 'unsatisfiable') return range;
  response.setHeader('Content-Range', `bytes */${output.sizeBytes}`);
  throw new DomainError('range_not_satisfiable');
}

function cachingHeaders({ etag, lastModified }: Validators): Record<string, string> {
  return { ETag: etag, 'Last-Modified': lastModified.toUTCString(), 'Cache-Control': 'private, no-cache' };
}

function rethrowVanished(error: unknown): never {
  if (error instanceof DomainError && error.code === 'object_not_found') {
    throw conversionFailure('output_not_found', error);
  }
  throw error;
}
