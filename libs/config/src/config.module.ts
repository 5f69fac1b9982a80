import { Module, type DynamicModule } from '@nestjs/common';
import type { Environment } from './environment.js';

/** Provides each fragment of the environment under its own class. */
@Module({})
export class ConfigModule {
  static forRoot(environment: Environment): DynamicModule {
    const providers = environment.entries.map(([provide, useValue]) => ({ provide, useValue }));
    return { module: ConfigModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
