import { rm } from 'node:fs/promises';
import { DomainError, type FailureCode } from '@app/domain';
import { ObjectStorage, type FetchedFile, type RangeSelector } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';
import { selectAudio, Transcoder, type TranscodeRequest, type TranscodeResult } from '../transcoding/index.js';
import { ConversionEnv } from './conversion.env.js';
import { mapFailure } from './map-failure.js';

/** Failures that the content of a source can cause. */
const CAUSED_BY_CONTENT: ReadonlySet<string> = new Set<FailureCode>([
  'no_audio_stream',
  'unsupported_format',
  'corrupt_source',
  'encrypted_media',
  'ffmpeg_failed',
]);

/** Fetches the source of a job and converts it. Of a large video, only the audio is fetched if that is quicker. */
@Injectable()
export class SourceConverter {
  private readonly logger = new Logger(SourceConverter.name);
  private readonly isSparseAllowed: boolean;

  constructor(
    private readonly storage: ObjectStorage,
    private readonly transcoder: Transcoder,
    env: ConversionEnv,
  ) {
    this.isSparseAllowed = env.SPARSE_FETCH === 'on';
  }

  /**
   * Rejects with `storage_download_failed` if the source cannot be fetched, with the failure of the conversion, or with
   * the reason of the signal.
   */
  async convert(
    sourceKey: string,
    request: TranscodeRequest,
    onFetched: () => void = () => undefined,
  ): Promise<TranscodeResult> {
    const { sourcePath, outputPath, signal } = request;
    const { isSparse } = await this.fetch(sourceKey, request, this.isSparseAllowed);
    onFetched();
    try {
      return await this.transcoder.transcode(request);
    } catch (error) {
      signal.throwIfAborted();
      const isDoubtful = isSparse && error instanceof DomainError && CAUSED_BY_CONTENT.has(error.code);
      if (!isDoubtful) throw error;
      this.logger.warn({ msg: 'The fetched audio cannot be converted; fetching the whole source', err: error });
    }
    for (const path of [sourcePath, outputPath]) await rm(path, { force: true });
    await this.fetch(sourceKey, request, false);
    return this.transcoder.transcode(request);
  }

  private async fetch(
    key: string,
    { sourcePath, signal }: TranscodeRequest,
    isSparseAllowed: boolean,
  ): Promise<FetchedFile> {
    let wholeBecause: string | undefined;
    const select: RangeSelector = async (object) => {
      const selection = await selectAudio(object);
      if ('ranges' in selection) return selection.ranges;
      wholeBecause = selection.wholeBecause;
      return null;
    };
    const fetched = await mapFailure('storage_download_failed', signal, () =>
      this.storage.fetchToFile(key, sourcePath, { signal, ...(isSparseAllowed && { select }) }),
    );
    const { sizeBytes, fetchedBytes, requests, isSparse } = fetched;
    this.logger.log({
      msg: isSparse ? 'Fetched the audio of the source' : 'Fetched the source',
      size_bytes: sizeBytes,
      fetched_bytes: fetchedBytes,
      requests,
      whole_because: wholeBecause,
    });
    return fetched;
  }
}
