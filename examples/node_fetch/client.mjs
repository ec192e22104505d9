// A client of the Kling API on Node's fetch. Put your own in its place.

import { setTimeout as sleep } from "node:timers/promises";

export const PATHS = { "kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video" };

const POLL_MS = 100; // the real service wants some 5000
const ANSWER_MS = 5000;
const TRIES = 4;

const REFUSED = [429, 500, 503]; // there is no task: a create may be sent again
const LOST = [502, 504, undefined]; // there may be a task, so only a query may be sent again

// There is no result. `facts`: http_status, code and request_id of an answer, and the task_id once there is one.
export class KlingError extends Error {
  constructor(message, outcome = "error", facts = {}) {
    super(message);
    Object.assign(this, { outcome, facts });
  }
}

// Create a task and wait for its end. Return its id and the URLs of its results.
export async function generate(baseUrl, token, operation, payload, timeoutSeconds) {
  const client = { token, deadline: Date.now() + timeoutSeconds * 1000 };
  const url = baseUrl + PATHS[operation];
  const { task_id } = await ask(client, "POST", url, payload);
  try {
    return { task_id, urls: await results(client, `${url}/${task_id}`) };
  } catch (error) {
    if (error instanceof KlingError) error.facts.task_id = task_id;
    throw error;
  }
}

// Poll a task to its end.
async function results(client, url) {
  while (Date.now() < client.deadline) {
    await sleep(POLL_MS);
    const task = await ask(client, "GET", url);
    if (task.task_status === "failed") throw new KlingError(task.task_status_msg, "failed");
    if (task.task_status === "succeed") return urls(task.task_result);
  }
  throw new KlingError("the task has not ended in time", "timeout");
}

function urls({ series_images = [], images = [], videos = [] }) {
  return [...series_images, ...images, ...videos].map((item) => item.url);
}

// Send a request, and again where that may help. Return the task that the last answer shows.
async function ask(client, method, url, payload) {
  const passing = method === "POST" ? REFUSED : [...REFUSED, ...LOST];
  for (let attempt = 1; ; attempt++) {
    const { status, retryAfter, text } = await send(client, method, url, payload);
    const pause = milliseconds(retryAfter) ?? 250 * 2 ** attempt;
    if (!passing.includes(status) || attempt === TRIES || Date.now() + pause > client.deadline) return task(status, text);
    await sleep(pause);
  }
}

// Without an answer there is no status.
async function send({ token }, method, url, payload) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(url, { method, headers, body: JSON.stringify(payload), signal });
    return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() };
  } catch (error) {
    return { text: `no answer: ${error}` };
  }
}

// Read Retry-After in either form. Return undefined if it is not there.
function milliseconds(retryAfter) {
  if (!retryAfter) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  return Math.max(0, Date.parse(retryAfter) - Date.now()) + 100;
}

// Return the task that an answer shows. An answer that shows none is an error, even with status 200.
function task(status, text) {
  let body = {};
  try {
    body = JSON.parse(text) ?? {};
  } catch {
    // the error below shows the text
  }
  if (status === 200 && body.code === 0 && body.data) return body.data;
  const { code = null, request_id = null, message = `not an answer of the service: ${text.slice(0, 100)}` } = body;
  throw new KlingError(String(message), "error", { http_status: status ?? null, code, request_id });
}
