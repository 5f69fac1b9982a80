import { Controller, Get, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { WebFile } from './web-files.js';
import { ApiPage, ApiPages, ApiPartOfPage } from './web.operations.js';

export const WEB_FILES = Symbol('WEB_FILES');

/** Nothing but the page's own files, and nothing inline: what a file name or an answer holds can never become code. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  // The MP3 that is played was fetched with the token, and is in the browser's hands.
  'media-src blob:',
  "base-uri 'none'",
  // The forms are sent by the script; without it they must not put a password into an address.
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The page for people: it uses the same REST API as everybody. */
@Controller()
@ApiPages()
export class WebController {
  constructor(@Inject(WEB_FILES) private readonly files: ReadonlyMap<string, WebFile>) {}

  @Get()
  @ApiPage()
  index(@Res() response: Response): void {
    response.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    this.send('index.html', response);
  }

  @Get('page/:name')
  @ApiPartOfPage()
  file(@Param('name') name: string, @Res() response: Response): void {
    this.send(name, response);
  }

  private send(name: string, response: Response): void {
    const file = this.files.get(name);
    if (file === undefined) throw new NotFoundException();
    // Kept, but asked for each time, so that an upgrade shows at once; express answers 304 where the tag still holds.
    response.set({ 'Cache-Control': 'no-cache', 'Content-Type': file.contentType, ETag: file.etag });
    response.send(file.content);
  }
}
