import { Module, type DynamicModule } from '@nestjs/common';
import { pageFile, readPageFiles, type PageFile } from './page-files.js';
import { PAGE_FILES, PageController } from './page.controller.js';
import type { PageSettings } from './page.settings.js';

const SETTINGS_FILE = 'settings.json';

/** The static page at `/`. It knows nothing of the product but these settings and the public REST API. */
@Module({})
export class PageModule {
  static forRoot({ maxUploadBytes, isRegistrationOpen }: PageSettings): DynamicModule {
    const settings = JSON.stringify({ max_upload_bytes: maxUploadBytes, registration_open: isRegistrationOpen });
    const files: ReadonlyMap<string, PageFile> = new Map([
      ...readPageFiles(),
      [SETTINGS_FILE, pageFile(SETTINGS_FILE, Buffer.from(settings))],
    ]);
    return {
      module: PageModule,
      controllers: [PageController],
      providers: [{ provide: PAGE_FILES, useValue: files }],
    };
  }
}
