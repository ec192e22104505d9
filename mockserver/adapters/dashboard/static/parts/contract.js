// What this server serves, as a form asks for it: its services, its operations, and a request to begin with.

import { ask } from "./api.js";
import { redraw } from "./draw.js";

const FIRST = "kling/omni-image.create";

let services = {};
let operations = [];
let coming = null;
let first = null;
let line = "";

/** Take note of the services: their titles by their ids. */
export function knowServices(found) {
  services = found;
}

/** The field of a form that chooses a service, or any. */
export const SERVICE = {
  name: "service",
  label: "Service",
  options: () => [["", "Any service"], ...Object.entries(services).map(([id, title]) => [id, id, title])],
};

/** Where clients reach this server: the base URL of requests to it. */
export const BASE_URL = new URL("..", document.baseURI).href.replace(/\/$/, "");

/** Ask for the operations, once. */
export async function operationsCome() {
  coming ??= ask("GET", "operations");
  try {
    ({ operations } = await coming);
  } catch (error) {
    coming = null;
    throw error;
  }
  redraw();
}

/** The operations that have come. */
export function known() {
  return operations;
}

/** The create to begin with, if any is served. */
export function firstCreate() {
  const creates = operations.filter(({ makes }) => makes);
  return creates.find(({ id }) => id === FIRST) ?? creates[0];
}

/** A line for a shell that makes the first task here; empty until it has come. */
export function firstLine() {
  first ??= asked().catch(() => {});
  return line;
}

async function asked() {
  await operationsCome();
  const operation = firstCreate()?.id;
  if (!operation) return;
  const { examples } = await ask("GET", `operations/${operation}`);
  const { copies } = await ask("POST", "validate", { operation, payload: examples[0], base_url: BASE_URL });
  line = copies.curl;
  redraw();
}
