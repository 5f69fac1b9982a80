import type { User } from '@app/database';
import { currentTraceparent, requestIdOf } from '@app/observability';
import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { ConversionJobDto, statusPath } from '../jobs/conversion-job.dto.js';
import { ApiMedia } from '../jobs/jobs.operations.js';
import { UploadAdmissionGuard } from './upload-admission.guard.js';
import { UploadReceiver } from './upload-receiver.js';
import { ApiUpload } from './uploads.operations.js';
import { UploadsService } from './uploads.service.js';

@ApiMedia()
@Controller('media')
@UseGuards(JwtAuthGuard)
export class UploadsController {
  constructor(
    private readonly uploads: UploadsService,
    private readonly receiver: UploadReceiver,
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
    const source = await this.receiver.receive(request, response);
    const origin = { requestId: requestIdOf(request), traceparent: currentTraceparent() ?? null };
    const job = await this.uploads.accept(user, source, origin);
    response.setHeader('Location', statusPath(job.id));
    return new ConversionJobDto(job);
  }
}
