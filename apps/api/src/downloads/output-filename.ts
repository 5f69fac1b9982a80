const FALLBACK = 'video';

/** Returns the name that the MP3 is downloaded under: the name of the video with the ending `.mp3`. */
export function outputFilename(sourceFilename: string): string {
  const stem = sourceFilename.replace(/(?<=.)\.[^.]*$/s, '');
  return `${stem === '' ? FALLBACK : stem}.mp3`;
}
