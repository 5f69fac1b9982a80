import type { User } from '@app/database';
import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { ConversionJobDto } from './conversion-job.dto.js';
import { ApiMedia, ApiStatus } from './jobs.operations.js';
import { JobsService } from './jobs.service.js';

@ApiMedia()
@Controller('media')
@UseGuards(JwtAuthGuard)
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Get(':job_id/status')
  @ApiStatus()
  async status(@Param('job_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<ConversionJobDto> {
    return new ConversionJobDto(await this.jobs.getShown(id, user.id));
  }
}
