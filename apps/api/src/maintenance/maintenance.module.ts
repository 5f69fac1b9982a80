import { DatabaseModule } from '@app/database';
import { DispatchModule } from '@app/dispatch';
import { StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { ObjectSweeper } from './object-sweeper.js';
import { Reconciler } from './reconciler.js';
import { MaintenanceService } from './maintenance.service.js';
import { StoreIdentity } from './store-identity.js';

@Module({
  imports: [DatabaseModule, DispatchModule, StorageModule],
  providers: [ObjectSweeper, Reconciler, MaintenanceService, StoreIdentity],
  exports: [StoreIdentity],
})
export class MaintenanceModule {}
