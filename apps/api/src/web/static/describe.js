import { formatDuration, formatProgress, formatSize } from '../client/index.js';

/**
 * @typedef {import('./conversion.js').Conversion} Conversion
 *
 * @typedef {object} Description
 * @property {string} words the state
 * @property {string} detail numbers next to it
 * @property {number | 'unknown' | null} progress 0 to 1; null if nothing is running
 * @property {'plain' | 'good' | 'bad'} tone
 * @property {string} problem what failed, and what to do next
 */

/** @type {Omit<Description, 'words'>} */
const QUIET = { detail: '', progress: null, tone: 'plain', problem: '' };

/**
 * Returns the content of a conversion's card.
 * @param {Conversion} conversion
 * @returns {Description}
 */
export function describe(conversion) {
  const size = formatSize(conversion.size);
  switch (conversion.phase) {
    case 'waiting':
      return { ...QUIET, words: 'Waiting to upload', detail: size };
    case 'uploading': {
      const detail = `${formatProgress(conversion.fraction)} of ${size}`;
      return { ...QUIET, words: 'Uploading', detail, progress: conversion.fraction };
    }
    case 'storing':
      return { ...QUIET, words: 'Uploaded, checking…', detail: size, progress: 'unknown' };
    case 'signed-out':
      return { ...QUIET, words: 'Continues after you sign in', detail: size };
    case 'interrupted':
      return { ...QUIET, words: 'Upload interrupted', detail: size, problem: conversion.message };
    case 'not-sent':
      return { ...QUIET, words: 'Not uploaded', detail: size, tone: 'bad', problem: conversion.message };
    case 'canceled':
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
function describeJob({ job }, size) {
  switch (job?.status) {
    case undefined:
      return { ...QUIET, words: 'Checking status…', detail: size, progress: 'unknown' };
    case 'PENDING':
      return { ...QUIET, words: 'Uploaded, waiting for its turn', detail: size, progress: 'unknown' };
    case 'PROCESSING': {
      const fraction = job.progress / 100;
      return { ...QUIET, words: 'Converting', detail: formatProgress(fraction), progress: fraction };
    }
    case 'DONE': {
      const facts = [
        job.duration === null ? '' : formatDuration(job.duration),
        job.output_size === null ? '' : formatSize(job.output_size),
      ];
      return { ...QUIET, words: 'MP3 ready', detail: facts.filter((fact) => fact !== '').join(' · '), tone: 'good' };
    }
    case 'FAILED': {
      const problem = `${job.error_message ?? 'The conversion failed.'}${job.retryable === true ? ' Try again.' : ''}`;
      return { ...QUIET, words: 'Not converted', detail: size, tone: 'bad', problem };
    }
    case 'CANCELED':
      return { ...QUIET, words: 'Canceled', detail: size };
  }
}
