import { JobListRepository, type User } from '@app/database';
import { ValidationError } from '@app/domain';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { UuidPipe } from '../http/uuid.pipe.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { ReadBodyInterceptor } from '../http/read-body.interceptor.js';
import { ConversionJobDto } from './conversion-job.dto.js';
import { ConversionJobListDto, DEFAULT_LIST_LIMIT, JobListQueryDto } from './job-list.dto.js';
import { JobMovesService } from './job-moves.service.js';
import { JobRemovalService } from './job-removal.service.js';
import { ChangedJobsDto, JobSelectionDto } from './job-selection.dto.js';
import {
  ApiCancel,
  ApiCancelMany,
  ApiDelete,
  ApiDeleteMany,
  ApiList,
  ApiMedia,
  ApiRetry,
  ApiStatus,
} from './jobs.operations.js';
import { JobsService } from './jobs.service.js';
import { readCursor } from './list-cursor.js';

/** Enough for a thousand ids. */
const READ_SELECTION = new ReadBodyInterceptor({ form: false, maxBytes: 64 * 1024 });

@ApiMedia()
@Controller('media')
@UseGuards(JwtAuthGuard)
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly lists: JobListRepository,
    private readonly moves: JobMovesService,
    private readonly removal: JobRemovalService,
  ) {}

  @Get()
  @ApiList()
  async list(@Query() query: JobListQueryDto, @CurrentUser() user: User): Promise<ConversionJobListDto> {
    const { status = [], q = '', limit = DEFAULT_LIST_LIMIT, cursor } = query;
    const after = cursor === undefined ? null : readCursor(cursor);
    if (cursor !== undefined && after === null) {
      throw new ValidationError([{ field: 'cursor', message: 'cursor must be the next_cursor of a page' }]);
    }
    const text = q === '' ? null : q;
    return new ConversionJobListDto(await this.lists.list({ userId: user.id, statuses: status, text, limit, after }));
  }

  @Delete()
  @ApiDeleteMany()
  @UseInterceptors(READ_SELECTION)
  async deleteMany(@CurrentUser() user: User, @Body() selection: JobSelectionDto = {}): Promise<ChangedJobsDto> {
    const { ids, hasMore } = await this.removal.removeMany(selection, user.id);
    return new ChangedJobsDto(ids, hasMore);
  }

  @Post('cancel')
  @ApiCancelMany()
  @HttpCode(200)
  @UseInterceptors(READ_SELECTION)
  async cancelMany(@CurrentUser() user: User, @Body() selection: JobSelectionDto = {}): Promise<ChangedJobsDto> {
    const { ids, hasMore } = await this.moves.cancelMany(selection, user.id);
    return new ChangedJobsDto(ids, hasMore);
  }

  @Get(':job_id/status')
  @ApiStatus()
  async status(@Param('job_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<ConversionJobDto> {
    return new ConversionJobDto(await this.jobs.getShown(id, user.id));
  }

  @Post(':job_id/cancel')
  @ApiCancel()
  @HttpCode(200)
  async cancel(@Param('job_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<ConversionJobDto> {
    return new ConversionJobDto(await this.moves.cancel(id, user.id));
  }

  @Post(':job_id/retry')
  @ApiRetry()
  @HttpCode(202)
  async retry(@Param('job_id', UuidPipe) id: string, @CurrentUser() user: User): Promise<ConversionJobDto> {
    return new ConversionJobDto(await this.moves.retry(id, user.id));
  }

  @Delete(':job_id')
  @ApiDelete()
  @HttpCode(204)
  async delete(
    @Param('job_id', new UuidPipe(['upload', 'cancel'])) id: string,
    @CurrentUser() user: User,
  ): Promise<void> {
    await this.removal.remove(id, user.id);
  }
}
