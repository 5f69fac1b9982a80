import { DomainError } from '@app/domain';
import { HealthRegistry } from '@app/observability';
import { Injectable } from '@nestjs/common';
import { JobWorkspace } from './conversion/job-workspace.js';

/** A worker without space for files takes no jobs, so it is not ready. */
@Injectable()
export class WorkspaceHealth {
  constructor(
    registry: HealthRegistry,
    private readonly workspace: JobWorkspace,
  ) {
    registry.register('work_directory', () => this.check());
  }

  private async check(): Promise<void> {
    if (await this.workspace.hasRoom()) return;
    const message =
      'The work directory cannot be used or has less than 64 MiB left: free some space, or set WORK_DIRECTORY. Jobs wait until then.';
    throw new DomainError('storage_unavailable', { message });
  }
}
