import { Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { HttpDrain } from './http-drain.service.js';
import { ProblemDetailsFilter } from './problem-details.filter.js';
import { RequestValidationPipe } from './validation.pipe.js';

@Module({
  providers: [
    HttpDrain,
    { provide: APP_FILTER, useClass: ProblemDetailsFilter },
    { provide: APP_PIPE, useClass: RequestValidationPipe },
  ],
})
export class HttpModule {}
