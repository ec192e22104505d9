// A testee on Node's fetch: mockserver check client -- node examples/node_fetch/testee.mjs
import { createInterface } from "node:readline";

const PATHS = { "kling/omni-image": "/v1/images/omni-image", "kling/omni-video": "/v1/videos/omni-video" };
// JSON.parse rounds numbers beyond 2^53, so this client does not say that it takes "big_numbers".
const HELLO = { name: "example-fetch", version: "1", operations: Object.keys(PATHS) };
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function pause(response, tries) {
  const after = response?.headers.get("retry-after");
  if (after && /^\d+$/.test(after)) return Number(after) * 1000;
  if (after) return Math.max(0, Date.parse(after) - Date.now()) + 100;
  return 500 * 2 ** tries;
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
      if (options.method === "POST" || tries === 3) throw error;
      response = undefined;
    }
    const wait = pause(response, tries);
    const worth = response === undefined || again.includes(response.status);
    if (!worth || tries === 3 || Date.now() + wait > deadline) return told(response, text);
    await sleep(wait);
  }
}

function told(response, text) {
  let body = {};
  try { body = JSON.parse(text) ?? {}; } catch { body = { message: `no JSON: ${text.slice(0, 100)}` }; }
  if (response?.status === 200 && body.code === 0) return { data: body.data };
  const { code = null, request_id = null, message = "no answer" } = body;
  return { refusal: { outcome: "error", http_status: response?.status ?? null, code, request_id, message: String(message) } };
}

async function generate(ask) {
  const deadline = Date.now() + ask.timeout * 1000;
  const url = ask.base_url + PATHS[ask.operation];
  const headers = { authorization: `Bearer ${ask.credentials.token}` };
  let task_id;
  try {
    const create = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(ask.payload) };
    const made = await send(url, create, [429, 500, 503], deadline);
    if (made.refusal) return made.refusal;
    task_id = made.data.task_id;
    while (Date.now() < deadline) {
      await sleep(100);
      const { data, refusal } = await send(`${url}/${task_id}`, { method: "GET", headers }, [429, 500, 502, 503, 504], deadline);
      if (refusal) return { ...refusal, task_id };
      if (data.task_status === "failed") return { outcome: "failed", task_id, message: data.task_status_msg };
      if (data.task_status === "succeed") {
        const { series_images, images, videos } = data.task_result;
        const items = series_images ?? (images?.length ? images : videos);
        return { outcome: "succeed", task_id, urls: items.map((item) => item.url) };
      }
    }
  } catch (error) {
    return { outcome: "error", message: `no answer: ${error}`, ...(task_id && { task_id }) };
  }
  return { outcome: "timeout", task_id };
}

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  const unsupported = { outcome: "unsupported", reason: "it takes no callbacks" };
  const answer = ask.do === "hello" ? HELLO : ask.do === "generate" ? await generate(ask) : unsupported;
  console.log(JSON.stringify({ id: ask.id, ...answer }));
}
