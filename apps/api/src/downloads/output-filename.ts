const FALLBACK = 'video';

/** Returns the file name of the MP3: the name of the video with the extension `.mp3`. */
export function outputFilename(sourceFilename: string): string {
  const stem = sourceFilename.replace(/(?<=.)\.[^.]*$/s, '');
  return `${stem === '' ? FALLBACK : stem}.mp3`;
}
