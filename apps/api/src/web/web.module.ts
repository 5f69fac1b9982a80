import { Module, type DynamicModule } from '@nestjs/common';
import { webFile, readWebFiles, type WebFile } from './web-files.js';
import { WEB_FILES, WebController } from './web.controller.js';
import type { WebSettings } from './web.settings.js';

const SETTINGS_FILE = 'settings.json';

/** The static page at `/`. It knows nothing of the product but these settings and the public REST API. */
@Module({})
export class WebModule {
  static forRoot({ maxUploadBytes, isRegistrationOpen }: WebSettings): DynamicModule {
    const settings = JSON.stringify({ max_upload_bytes: maxUploadBytes, registration_open: isRegistrationOpen });
    const files: ReadonlyMap<string, WebFile> = new Map([
      ...readWebFiles(),
      [SETTINGS_FILE, webFile(SETTINGS_FILE, Buffer.from(settings))],
    ]);
    return {
      module: WebModule,
      controllers: [WebController],
      providers: [{ provide: WEB_FILES, useValue: files }],
    };
  }
}
