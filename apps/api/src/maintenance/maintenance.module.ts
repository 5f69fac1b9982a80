import { DatabaseModule } from '@app/database';
import { DispatchModule } from '@app/dispatch';
import { StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { DispatchTasks } from './dispatch-tasks.js';
import { MaintenanceTasks } from './maintenance-tasks.js';
import { ObjectSweeper } from './object-sweeper.js';
import { Reconciler } from './reconciler.js';
import { StoreIdentity } from './store-identity.js';

@Module({
  imports: [DatabaseModule, DispatchModule, StorageModule],
  providers: [MaintenanceTasks, DispatchTasks, ObjectSweeper, Reconciler, StoreIdentity],
  exports: [MaintenanceTasks, StoreIdentity],
})
export class MaintenanceModule {}
