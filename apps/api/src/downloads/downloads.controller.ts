import type { User } from '@app/database';
import { Controller, Get, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { ApiMedia } from '../jobs/jobs.operations.js';
import { ApiDownload } from './downloads.operations.js';
import { DownloadsService } from './downloads.service.js';
import { OutputSender } from './output-sender.js';

@ApiMedia()
@Controller('media')
@UseGuards(JwtAuthGuard)
export class DownloadsController {
  constructor(
    private readonly downloads: DownloadsService,
    private readonly outputs: OutputSender,
  ) {}

  /** Serves HEAD too. */
  @Get(':job_id/download')
  @ApiDownload()
  async download(
    @Param('job_id', UuidPipe) id: string,
    @CurrentUser() user: User,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.outputs.send(await this.downloads.getOutput(id, user.id), request, response);
  }
}
