import { durationInWords, percentInWords, sizeInWords } from './words.js';

/**
 * @typedef {import('./conversion.js').Conversion} Conversion
 *
 * @typedef {object} Description
 * @property {string} words what is happening
 * @property {string} detail numbers beside it
 * @property {number | 'unknown' | null} progress 0 to 1; null where nothing is going on
 * @property {'plain' | 'good' | 'bad'} tone
 * @property {string} why of a failure, and what to do next
 */

/** @type {Omit<Description, 'words'>} */
const QUIET = { detail: '', progress: null, tone: 'plain', why: '' };

/**
 * What a conversion's card says.
 * @param {Conversion} conversion
 * @returns {Description}
 */
export function describe(conversion) {
  const size = sizeInWords(conversion.size);
  switch (conversion.phase) {
    case 'waiting':
      return { ...QUIET, words: 'Waits for its upload', detail: size };
    case 'uploading': {
      const detail = `${percentInWords(conversion.part)} of ${size}`;
      return { ...QUIET, words: 'Uploading', detail, progress: conversion.part };
    }
    case 'storing':
      return { ...QUIET, words: 'Uploaded, being checked', detail: size, progress: 'unknown' };
    case 'signed-out':
      return { ...QUIET, words: 'Goes on after you sign in', detail: size };
    case 'held':
      return { ...QUIET, words: 'Upload interrupted', detail: size, why: conversion.message };
    case 'not-sent':
      return { ...QUIET, words: 'Not uploaded', detail: size, tone: 'bad', why: conversion.message };
    case 'stopped':
      return { ...QUIET, words: 'Upload canceled', detail: size };
    case 'gone':
      return { ...QUIET, words: 'No longer on this service', detail: size };
    case 'accepted':
      return describeJob(conversion, size);
  }
}

/**
 * @param {Conversion} conversion
 * @param {string} size
 * @returns {Description}
 */
function describeJob({ job, file }, size) {
  switch (job?.status) {
    case undefined:
      return { ...QUIET, words: 'Asking how it stands', detail: size, progress: 'unknown' };
    case 'PENDING':
      return { ...QUIET, words: 'Uploaded, waits for its turn', detail: size, progress: 'unknown' };
    case 'PROCESSING': {
      const part = job.progress / 100;
      return { ...QUIET, words: 'Converting', detail: percentInWords(part), progress: part };
    }
    case 'DONE': {
      const facts = [
        job.duration === null ? '' : durationInWords(job.duration),
        job.output_size === null ? '' : sizeInWords(job.output_size),
      ];
      return { ...QUIET, words: 'MP3 ready', detail: facts.filter((fact) => fact !== '').join(' · '), tone: 'good' };
    }
    case 'CANCELED':
      return { ...QUIET, words: 'Conversion canceled', detail: size };
    case 'FAILED': {
      const next =
        job.retryable === true ? ` ${file === null ? 'Choose the file again to try once more.' : 'Try again.'}` : '';
      const why = `${job.error_message ?? 'The conversion failed.'}${next}`;
      return { ...QUIET, words: 'Not converted', detail: size, tone: 'bad', why };
    }
  }
}
