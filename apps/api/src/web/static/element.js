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
