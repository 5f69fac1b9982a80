import { PROBLEMS, type ProblemCode } from '@app/domain';

/** The codes that a problem document can carry: those that say when. */
export type PublicCode = {
  [Code in ProblemCode]: (typeof PROBLEMS)[Code] extends { readonly when: string } ? Code : never;
}[ProblemCode];

export const PUBLIC_CODES = (Object.keys(PROBLEMS) as ProblemCode[]).filter(isPublic);

function isPublic(code: ProblemCode): code is PublicCode {
  return 'when' in PROBLEMS[code];
}
