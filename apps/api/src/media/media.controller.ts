import type { User } from '@app/database';
import { currentTraceparent, requestIdOf } from '@app/observability';
import { Controller, Get, HttpCode, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { ConversionJobDto, statusPath } from './conversion-job.dto.js';
import { JobIdPipe } from './job-id.pipe.js';
import { ApiDownload, ApiMedia, ApiStatus, ApiUpload } from './media.operations.js';
import { MediaService } from './media.service.js';
import { OutputSender } from './output-sender.js';
import { UploadAdmissionGuard } from './upload-admission.guard.js';
import { UploadReceiver } from './upload-receiver.js';

@ApiMedia()
@Controller('media')
@UseGuards(JwtAuthGuard)
export class MediaController {
  constructor(
    private readonly media: MediaService,
    private readonly uploads: UploadReceiver,
    private readonly outputs: OutputSender,
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
    const source = await this.uploads.receive(request, response);
    const origin = { requestId: requestIdOf(request), traceparent: currentTraceparent() ?? null };
    const job = await this.media.accept(user, source, origin);
    response.setHeader('Location', statusPath(job.id));
    return new ConversionJobDto(job);
  }

  @Get(':job_id/status')
  @ApiStatus()
  async status(@Param('job_id', JobIdPipe) id: string, @CurrentUser() user: User): Promise<ConversionJobDto> {
    return new ConversionJobDto(await this.media.getOwned(id, user.id));
  }

  /** Serves HEAD too. */
  @Get(':job_id/download')
  @ApiDownload()
  async download(
    @Param('job_id', JobIdPipe) id: string,
    @CurrentUser() user: User,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.outputs.send(await this.media.getOutput(id, user.id), request, response);
  }
}
