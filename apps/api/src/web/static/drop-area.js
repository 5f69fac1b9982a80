import { formatSize } from '../client/index.js';
import { byId } from './element.js';

/**
 * Accepts files from the button and from drops anywhere on the page: a drop beside the area would make the browser leave
 * the page to show the video.
 * @param {{ maxUploadBytes: number, isOpen: () => boolean, onFiles: (files: File[]) => void }} options
 */
export function openDropArea({ maxUploadBytes, isOpen, onFiles }) {
  const area = byId('drop-area', HTMLDivElement);
  const input = byId('files', HTMLInputElement);
  const limit = Number.isFinite(maxUploadBytes) ? ` Up to ${formatSize(maxUploadBytes)} each.` : '';
  byId('files-hint', HTMLParagraphElement).textContent = `MP4, MOV, M4V, 3GP, MKV or WebM.${limit}`;

  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // The same file can be chosen again.
    input.value = '';
    onFiles(files);
  });
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    area.classList.toggle('is-over', isOpen());
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) area.classList.remove('is-over');
  });
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    area.classList.remove('is-over');
    if (isOpen()) onFiles([...(event.dataTransfer?.files ?? [])]);
  });
}

/** @param {DragEvent} event */
function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes('Files') === true;
}
