/** Numbers as people say them. */

const UNITS = ['kB', 'MB', 'GB', 'TB'];

/** @param {number} bytes */
export function sizeInWords(bytes) {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  let value = bytes / 1000;
  let unit = 0;
  // What would be rounded to 1000 is one of the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/**
 * @param {number} seconds
 * @returns {string} such as 4:05 or 1:02:03
 */
export function durationInWords(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${parts.join(':')}` : `${Number(parts[0])}:${parts[1]}`;
}

/**
 * @param {number} part 0 to 1
 * @returns {string} never 100 % before the end
 */
export function percentInWords(part) {
  return `${Math.min(99, Math.floor(part * 100))} %`;
}

/**
 * @param {string} filename of a video
 * @returns {string} of its MP3
 */
export function mp3Name(filename) {
  const stem = filename.replace(/(?<=.)\.[^.]*$/su, '');
  return `${stem === '' ? 'video' : stem}.mp3`;
}
