// A small client of the Kling API on Node's fetch: it waits as it is told, and never loses a task's id.
export const PATHS = { "kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video" };
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// There is no result. Beside the message: http_status, code and request_id of an answer, and a task_id if there is one.
export class KlingError extends Error {
  constructor(message, facts = {}, outcome = "error") {
    super(message);
    Object.assign(this, { facts, outcome });
  }
}

// Make a task and wait for its end; return its id and the URLs of its results.
export async function generate(baseUrl, token, operation, payload, timeoutSeconds) {
  const deadline = Date.now() + timeoutSeconds * 1000;
  const url = baseUrl + PATHS[operation];
  const headers = { authorization: `Bearer ${token}` };
  const create = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(payload) };
  const { task_id } = await send(url, create, [429, 500, 503], deadline);
  try {
    while (Date.now() < deadline) {
      await sleep(100);
      const task = await send(`${url}/${task_id}`, { method: "GET", headers }, [429, 500, 502, 503, 504], deadline);
      if (task.task_status === "failed") throw new KlingError(task.task_status_msg, {}, "failed");
      if (task.task_status === "succeed") return { task_id, urls: urls(task.task_result) };
    }
    throw new KlingError("the time is over", {}, "timeout");
  } catch (error) {
    if (error instanceof KlingError) error.facts.task_id = task_id;
    throw error;
  }
}

function urls({ series_images, images, videos }) {
  const items = series_images ?? (images?.length ? images : videos);
  return items.map((item) => item.url);
}

// A create is sent again only when it was refused; one without an answer may have made a task.
async function send(url, options, again, deadline) {
  for (let tries = 0; ; tries++) {
    let response;
    let text = "";
    try {
      response = await fetch(url, { ...options, signal: AbortSignal.timeout(5000) });
      text = await response.text();
    } catch (error) {
      if (options.method === "POST" || tries === 3) throw new KlingError(`no answer: ${error}`);
      response = undefined;
    }
    const wait = pause(response, tries);
    const worth = response === undefined || again.includes(response.status);
    if (!worth || tries === 3 || Date.now() + wait > deadline) return task(response, text);
    await sleep(wait);
  }
}

function pause(response, tries) {
  const after = response?.headers.get("retry-after");
  if (after && /^\d+$/.test(after)) return Number(after) * 1000;
  if (after) return Math.max(0, Date.parse(after) - Date.now()) + 100;
  return 500 * 2 ** tries;
}

// Return the task that an answer shows; one without a task is an error, also with status 200.
function task(response, text) {
  let body = {};
  try { body = JSON.parse(text) ?? {}; } catch { body = { message: `no JSON: ${text.slice(0, 100)}` }; }
  if (response?.status === 200 && body.code === 0) return body.data;
  const { code = null, request_id = null, message = "no answer" } = body;
  throw new KlingError(String(message), { http_status: response?.status ?? null, code, request_id });
}
