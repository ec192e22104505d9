// The control API. Every call goes to our own origin, with the control token if there is one.

const KEY = "mockserver-token";

/** The API says no. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Take the token out of the address, where it would stay in the history, and keep it for this tab. */
export function adopt() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (token !== null) {
    remember(token);
    address.searchParams.delete("token");
    history.replaceState(null, "", address);
  }
}

export function remember(token) {
  sessionStorage.setItem(KEY, token);
}

/** Ask for something; the answer is parsed JSON. Throws Refusal, or TypeError when nobody answers. */
export async function ask(method, path, body) {
  const token = sessionStorage.getItem(KEY);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(path, { method, headers, cache: "no-store", body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Refusal(reason(text) ?? `HTTP ${response.status}`, response.status);
  return JSON.parse(text, exact);
}

/** Listen to the state of the fake. */
export function listen() {
  return new EventSource(address("events"));
}

/** Spell the address of what is not asked for here: an EventSource and a link send no headers, but a query. */
export function address(path, values = {}) {
  return path + query({ ...values, token: sessionStorage.getItem(KEY) });
}

/** Spell a query from those of the values that are not empty. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value != null);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** Spell a path from its parts. */
export function path(...parts) {
  return parts.map(encodeURIComponent).join("/");
}

function reason(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return undefined;
  }
}

/** An integer beyond 2^53 keeps its digits, where the browser can: a reviver for `JSON.parse`. */
export function exact(_, value, context) {
  const isLarge = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLarge && context?.source && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}
