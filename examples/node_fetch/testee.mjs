// A testee: it has a client carry out what it is asked to, a line of JSON each.
// In this folder: mockserver check client -- node testee.mjs

import { createInterface } from "node:readline";
import { generate, PATHS } from "./client.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer = { name: "my-client", version: "1", operations: Object.keys(PATHS) };
  if (ask.do === "generate") {
    try {
      const made = await generate(ask.base_url, ask.credentials.token, ask.operation, ask.payload, ask.timeout);
      answer = { outcome: "succeed", ...made };
    } catch (error) {
      answer = { outcome: error.outcome ?? "error", message: error.message, ...error.facts };
    }
  }
  console.log(JSON.stringify({ id: ask.id, ...answer }));
}
