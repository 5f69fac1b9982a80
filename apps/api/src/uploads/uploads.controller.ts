import type { User } from '@app/database';
import { currentTraceparent, requestIdOf } from '@app/observability';
import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { RequestValidationPipe } from '../http/validation.pipe.js';
import { ConversionJobDto, statusPath } from '../jobs/conversion-job.dto.js';
import { ApiMedia } from '../jobs/jobs.operations.js';
import { UploadAdmissionGuard } from './upload-admission.guard.js';
import { UploadFieldsDto } from './upload-fields.dto.js';
import { UploadOptionsReader } from './upload-options.js';
import { UploadReceiver } from './upload-receiver.js';
import { ApiUpload } from './uploads.operations.js';
import { UploadsService } from './uploads.service.js';

const VALIDATION = new RequestValidationPipe();

@ApiMedia()
@Controller('media')
@UseGuards(JwtAuthGuard)
export class UploadsController {
  constructor(
    private readonly uploads: UploadsService,
    private readonly receiver: UploadReceiver,
    private readonly options: UploadOptionsReader,
  ) {}

  @Post('upload')
  @ApiUpload()
  @HttpCode(202)
  @UseGuards(UploadAdmissionGuard)
  async upload(
    @CurrentUser() user: User,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ConversionJobDto> {
    const form = await this.receiver.receive(request, response, async (fields) =>
      this.options.read(await validated(fields), user),
    );
    const origin = { requestId: requestIdOf(request), traceparent: currentTraceparent() ?? null };
    const job = await this.uploads.accept(user, form, origin);
    response.setHeader('Location', statusPath(job.id));
    return new ConversionJobDto(job);
  }
}

/** Forms send an empty value for a field that the user left alone; it counts as absent. */
async function validated(fields: object): Promise<UploadFieldsDto> {
  const filled = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
  return (await VALIDATION.transform(filled, { type: 'body', metatype: UploadFieldsDto })) as UploadFieldsDto;
}
