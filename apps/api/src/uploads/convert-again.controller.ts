import type { User } from '@app/database';
import { currentTraceparent, requestIdOf } from '@app/observability';
import { Body, Controller, HttpCode, Param, Post, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { ReadBodyInterceptor } from '../http/read-body.interceptor.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { ConversionJobDto, statusPath } from '../jobs/conversion-job.dto.js';
import { ApiMedia } from '../jobs/jobs.operations.js';
import { ApiConvertAgain } from './convert-again.operations.js';
import { UploadFieldsDto } from './upload-fields.dto.js';
import { UploadOptionsReader } from './upload-options.js';
import { UploadsService } from './uploads.service.js';

/** The longest URL, if each of its characters is escaped, and the rest. */
const READ_OPTIONS = new ReadBodyInterceptor({ form: false, maxBytes: 16 * 1024 });

@ApiMedia()
@Controller('media')
@UseGuards(JwtAuthGuard)
export class ConvertAgainController {
  constructor(
    private readonly uploads: UploadsService,
    private readonly options: UploadOptionsReader,
  ) {}

  @Post(':job_id/convert')
  @ApiConvertAgain()
  @HttpCode(202)
  @UseInterceptors(READ_OPTIONS)
  async convert(
    @Param('job_id', UuidPipe) id: string,
    @CurrentUser() user: User,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Body() fields: UploadFieldsDto = {},
  ): Promise<ConversionJobDto> {
    const options = await this.options.read(fields, user);
    const origin = { requestId: requestIdOf(request), traceparent: currentTraceparent() ?? null };
    const job = await this.uploads.convertAgain(user, { sourceOf: id, options }, origin);
    response.setHeader('Location', statusPath(job.id));
    return new ConversionJobDto(job);
  }
}
