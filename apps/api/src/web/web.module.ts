import { Module, type DynamicModule } from '@nestjs/common';
import { readWebFiles, webFile, type WebFiles, type WebFolder } from './web-files.js';
import { WEB_FILES, WebController } from './web.controller.js';
import type { WebSettings } from './web.settings.js';

const SETTINGS_FILE = 'settings.json';

/** The static page at `/`. It uses the public REST API and these settings only. */
@Module({})
export class WebModule {
  static forRoot({ maxUploadBytes, isRegistrationOpen, isEmailEnabled }: WebSettings): DynamicModule {
    const settings = JSON.stringify({
      max_upload_bytes: maxUploadBytes,
      registration_open: isRegistrationOpen,
      email_enabled: isEmailEnabled,
    });
    const page = readWebFiles('page').set(SETTINGS_FILE, webFile(SETTINGS_FILE, Buffer.from(settings)));
    const files: Record<WebFolder, WebFiles> = { page, client: readWebFiles('client') };
    return {
      module: WebModule,
      controllers: [WebController],
      providers: [{ provide: WEB_FILES, useValue: files }],
    };
  }
}
