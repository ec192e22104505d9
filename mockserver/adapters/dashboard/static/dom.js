// Elements. What a client sent is only ever a text node here: nothing in this dashboard parses markup.

/**
 * Make an element. A function among the attributes listens to the event of its name; nothing, and false, leave an
 * attribute out. Children are elements and texts; nothing, and false, are left out.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value != null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  fill(element, ...children);
  return element;
}

/** Replace what is in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child != null && child !== false));
}

/** Write a text, but only if it is another than before: writing makes the browser work. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const shown = new WeakMap();

/**
 * Show items as the children of an element. One that is as it was keeps its element, and with it the focus, the scroll
 * position and a film that plays; one that has changed is shown anew, and the focus stays on what has its name.
 */
export function keep(parent, items, key, show) {
  const before = shown.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const text = JSON.stringify(item);
    const known = before.get(key(item));
    const isSame = known?.text === text;
    after.set(key(item), isSame ? known : { text, element: show(item), stale: known?.element });
  }
  for (const [name, { element }] of before) if (!after.has(name)) remove(element);
  let place = parent.firstElementChild;
  for (const entry of after.values()) {
    if (entry.stale) {
      if (place === entry.stale) place = entry.element;
      replace(entry.stale, entry.element);
      delete entry.stale;
    }
    if (place === entry.element) place = place.nextElementSibling;
    else parent.insertBefore(entry.element, place);
  }
  shown.set(parent, after);
}

function replace(stale, fresh) {
  const focused = stale.contains(document.activeElement) ? document.activeElement : null;
  const opened = [...stale.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
  stale.replaceWith(fresh);
  for (const summary of fresh.querySelectorAll("summary")) {
    if (opened.includes(summary.textContent)) summary.parentElement.open = true;
  }
  const name = focused?.getAttribute("name");
  if (name) [...fresh.querySelectorAll("[name]")].find((other) => other.getAttribute("name") === name)?.focus();
}

function remove(element) {
  const neighbour = element.nextElementSibling ?? element.previousElementSibling;
  const hadFocus = element.contains(document.activeElement);
  element.remove();
  if (hadFocus) neighbour?.querySelector("a, button, select, input")?.focus();
}
