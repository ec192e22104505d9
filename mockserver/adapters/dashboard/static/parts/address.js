// The address: which view, which thing in it, and which filters. A link to it shows the same, and Back goes back.

const FIRST = "tasks";

let listener = () => {};
let here = read();

/** Where we are: `{ view, key, filters }`; the key is the end of a thing's address, or empty. */
export function address() {
  return here;
}

/** Spell an address as a link: #tasks, #tasks/kling/ID, #requests?rule=RULE. */
export function link(view, key = "", filters = {}) {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  const query = given.length ? `?${new URLSearchParams(given)}` : "";
  return `#${view}${key && `/${key}`}${query}`;
}

/** Go to an address, or, `instead` of the one where we are, without a step in the history. */
export function go(to, { instead = false } = {}) {
  history[instead ? "replaceState" : "pushState"](null, "", to);
  arrive(false);
}

/** Call a function at each address that is come to. It is told whether a person has followed a link. */
export function listen(arrived) {
  listener = arrived;
  window.addEventListener("hashchange", () => arrive(true));
  arrive(false);
}

function arrive(isAsked) {
  here = read();
  listener(isAsked);
}

function read() {
  const [, view, key = "", query] = /^#?([a-z]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(location.hash) ?? [];
  return { view: view || FIRST, key, filters: Object.fromEntries(new URLSearchParams(query)) };
}
