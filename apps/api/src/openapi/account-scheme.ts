/** The name of the security scheme: who has an account signs in with its name and password. */
export const ACCOUNT = 'account';
