/**
 * Returns the element of index.html with this id.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`index.html has no ${type.name} #${id}`);
}

/**
 * Creates an element. Content is inserted as text, never as markup, because file names and answers come from others.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {{ class?: string, text?: string }} [options]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(name, { class: className = '', text } = {}, ...children) {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

/** The paths of the icons, in a square of 24. */
const ICONS = {
  stop: 'M6 6l12 12M18 6L6 18',
  again: 'M19 12a7 7 0 1 1-2.1-5M19 3v5h-5',
  bin: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5',
};

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Creates a button that shows an icon, and its words as a tooltip.
 * @param {keyof typeof ICONS} icon
 * @param {string} words
 * @param {string} object such as a file name; only for screen readers
 * @param {() => void} act
 */
export function iconButton(icon, words, object, act) {
  const button = actionButton('', '', act);
  const picture = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[icon]);
  picture.setAttribute('viewBox', '0 0 24 24');
  picture.setAttribute('aria-hidden', 'true');
  picture.append(path);
  button.classList.add('icon');
  button.setAttribute('aria-label', `${words} ${object}`);
  button.title = words;
  button.replaceChildren(picture);
  return button;
}

/**
 * Creates a button that tells screen readers what it acts on.
 * @param {string} words
 * @param {string} object such as a file name; not shown
 * @param {() => void} act
 */
export function actionButton(words, object, act) {
  const button = element(
    'button',
    { class: 'button' },
    words,
    element('span', { class: 'visually-hidden', text: ` ${object}` }),
  );
  button.type = 'button';
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') act();
  });
  return button;
}
