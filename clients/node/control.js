// The control API, over node:http: a test may have replaced the global fetch, and a proxy has no business here.

import { request } from "node:http";

export class Refused extends Error {
  name = "Refused";
}

// Send one request below /_mock. Return the JSON of its answer.
export async function control(fake, method, path, body) {
  const what = `${method} /_mock${path}`;
  const headers = { "content-type": "application/json", ...(fake.token && { authorization: `Bearer ${fake.token}` }) };
  let answer;
  try {
    answer = await send(`${fake.url}/_mock${path}`, { method, headers, agent: false }, body);
  } catch (error) {
    throw new Error(`${what}: the fake does not answer (${error.message}). ${fake.fate()}`.trim(), { cause: error });
  }
  if (answer.status >= 400) throw new Refused(`${what}: ${answer.json.error ?? answer.text}`);
  return answer.json;
}

// Without an agent the connection is closed afterwards, and keeps no test runner waiting.
function send(url, options, body) {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, async (answer) => {
      try {
        const text = (await answer.setEncoding("utf8").toArray()).join("");
        resolve({ status: answer.statusCode, text, json: JSON.parse(text) });
      } catch (error) {
        reject(error);
      }
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
