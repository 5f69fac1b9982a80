import type { Response } from 'express';

/** Nothing but the form of the page itself. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PASSWORD_FIELD =
  '<p><label>New password <input type="password" name="password" autocomplete="new-password" minlength="8" required></label></p>';

/** A page that a link in an email opens. It holds no text of a user. */
export interface EmailPage {
  readonly title: string;
  readonly text: string;
  /** The label of a button that posts to the page's own address. Opening a link alone changes nothing: mail programs do it, too. */
  readonly button?: string;
  readonly asksForPassword?: boolean;
}

export function sendPage(response: Response, { title, text, button, asksForPassword = false }: EmailPage): void {
  const form =
    button === undefined
      ? ''
      : `<form method="post">${asksForPassword ? PASSWORD_FIELD : ''}<p><button>${button}</button></p></form>`;
  response.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  response.type('html').send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
</head>
<body>
<h1>${title}</h1>
<p>${text}</p>
${form}
</body>
</html>
`);
}
