/** Returns a time such as `2026-01-31 13:00` in the user's time zone; null if it is not one. */
export function formatLocalTime(time: string | number): string | null {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toLocaleString('sv-SE').slice(0, 16);
}
