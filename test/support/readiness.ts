/** The response of `/health/ready`. */
export interface Readiness {
  readonly httpStatus: number;
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly detail?: string }>>;
}

export function isDown({ httpStatus, checks }: Readiness, name: string): boolean {
  return httpStatus === 503 && checks[name]?.status === 'down';
}
