import { Body, Controller, Get, HttpCode, Post, Query, Res, UseInterceptors } from '@nestjs/common';
import type { Response } from 'express';
import { ReadBodyInterceptor } from '../http/read-body.interceptor.js';
import { LimitPerAddress } from '../rate-limits/address-limit.guard.js';
import { ClientAddress } from '../rate-limits/client-address.decorator.js';
import { AccountEmailService } from './account-email.service.js';
import { sendPage } from './email-page.js';
import {
  ApiEmailPages,
  ApiResetPassword,
  ApiShowEmailPage,
  ApiStopEmails,
  ApiVerifyEmail,
} from './email-pages.operations.js';
import { NewPasswordDto } from './new-password.dto.js';

const MAX_BODY_BYTES = 4 * 1024;

/** Pages that the links in emails open. Only their buttons change something. */
@ApiEmailPages()
@Controller()
export class EmailPagesController {
  constructor(private readonly emails: AccountEmailService) {}

  @Get('auth/email-verification/confirm')
  @ApiShowEmailPage('verifyEmailPage')
  showVerification(@Res() response: Response): void {
    const text = 'Confirm that this email address is yours.';
    sendPage(response, { title: 'Confirm your email address', text, button: 'Confirm' });
  }

  @Post('auth/email-verification/confirm')
  @ApiVerifyEmail()
  @HttpCode(200)
  async verify(@Query('token') token: unknown, @Res() response: Response): Promise<void> {
    await this.emails.verifyEmail(token);
    sendPage(response, { title: 'Address confirmed', text: 'You can close this page.' });
  }

  @Get('auth/password-reset/confirm')
  @ApiShowEmailPage('resetPasswordPage')
  showPasswordReset(@Res() response: Response): void {
    const text = 'The password must have at least 8 characters.';
    sendPage(response, { title: 'Set a new password', text, button: 'Set password', asksForPassword: true });
  }

  @Post('auth/password-reset/confirm')
  @ApiResetPassword()
  @LimitPerAddress('login')
  @HttpCode(200)
  @UseInterceptors(new ReadBodyInterceptor({ form: true, maxBytes: MAX_BODY_BYTES }))
  async resetPassword(
    @Query('token') token: unknown,
    @Body() { password }: NewPasswordDto,
    @ClientAddress() client: string,
    @Res() response: Response,
  ): Promise<void> {
    await this.emails.resetPassword(token, password, client);
    sendPage(response, { title: 'Password changed', text: 'You can sign in with the new password now.' });
  }

  @Get('email/unsubscribe')
  @ApiShowEmailPage('stopEmailsPage')
  showUnsubscribe(@Res() response: Response): void {
    const text = 'You will get no more emails about your conversions.';
    sendPage(response, { title: 'Stop emails about conversions', text, button: 'Stop these emails' });
  }

  /** One click is enough (RFC 8058): mail programs send this request themselves. */
  @Post('email/unsubscribe')
  @ApiStopEmails()
  @HttpCode(200)
  async stopEmails(@Query('token') token: unknown, @Res() response: Response): Promise<void> {
    await this.emails.stopConversionEmails(token);
    sendPage(response, { title: 'Emails stopped', text: 'You will get no more emails about your conversions.' });
  }
}
