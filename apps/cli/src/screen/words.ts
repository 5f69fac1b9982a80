/** Numbers as people say them. */

const UNITS = ['kB', 'MB', 'GB', 'TB'];

export function sizeInWords(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  // What would be rounded to 1000 is one of the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** Such as 4:05 or 1:02:03. */
export function durationInWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [minutes = '', rest = ''] = [Math.floor(whole / 60) % 60, whole % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${minutes}:${rest}` : `${Number(minutes)}:${rest}`;
}

/** Such as 40 s or 3 min: a guess that claims no more than it knows. */
export function remainingInWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Never 100 % before the end. */
export function percentInWords(part: number): string {
  return `${Math.min(99, Math.floor(part * 100))} %`;
}
