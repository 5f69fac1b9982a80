/** The name of the security scheme: sign-in with the username and password of an account. */
export const ACCOUNT = 'account';
