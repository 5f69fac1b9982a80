import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import { HealthRegistry, type HealthReport } from './health-registry.js';

interface StatusSetter {
  status(code: number): unknown;
}

@Controller('health')
export class HealthController {
  constructor(private readonly registry: HealthRegistry) {}

  /** Shows that the event loop runs. Nothing else should make an orchestrator restart the process. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) response: StatusSetter): Promise<HealthReport> {
    const report = await this.registry.report();
    response.status(report.status === 'unavailable' ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK);
    return report;
  }
}
