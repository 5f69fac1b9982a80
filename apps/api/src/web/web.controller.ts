import { Controller, Get, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { WebFiles, WebFolder } from './web-files.js';
import { ApiPage, ApiPages, ApiPartOfPage } from './web.operations.js';

export const WEB_FILES = Symbol('WEB_FILES');

/** Allows the page's own files only, and nothing inline: a file name or an answer can never become code. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  // An MP3 is fetched with the token, and played from the browser's memory.
  'media-src blob:',
  "base-uri 'none'",
  // The script sends the forms; without it they must not put a password into a URL.
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The page for users and the client library that it imports. */
@Controller()
@ApiPages()
export class WebController {
  constructor(@Inject(WEB_FILES) private readonly files: Readonly<Record<WebFolder, WebFiles>>) {}

  @Get()
  @ApiPage()
  index(@Res() response: Response): void {
    response.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    this.send('page', 'index.html', response);
  }

  @Get('page/:name')
  @ApiPartOfPage()
  file(@Param('name') name: string, @Res() response: Response): void {
    this.send('page', name, response);
  }

  @Get('client/:name')
  @ApiPartOfPage()
  clientFile(@Param('name') name: string, @Res() response: Response): void {
    this.send('client', name, response);
  }

  private send(folder: WebFolder, name: string, response: Response): void {
    const file = this.files[folder].get(name);
    if (file === undefined) throw new NotFoundException();
    // Cached, but validated each time, so that an upgrade shows at once; express answers 304 if the tag is the same.
    response.set({ 'Cache-Control': 'no-cache', 'Content-Type': file.contentType, ETag: file.etag });
    response.send(file.content);
  }
}
