/** Numbers as users read them. */

const UNITS = ['kB', 'MB', 'GB', 'TB'];

/** Returns a size such as `4.2 MB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  // A value that rounds to 1000 is shown as one of the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** Returns a duration such as `4:05` or `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [minutes = '', rest = ''] = [Math.floor(whole / 60) % 60, whole % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${minutes}:${rest}` : `${Number(minutes)}:${rest}`;
}

/** Returns a fraction such as `42 %`; never 100 %, which only the end is. */
export function formatProgress(fraction: number): string {
  return `${Math.min(99, Math.floor(fraction * 100))} %`;
}
