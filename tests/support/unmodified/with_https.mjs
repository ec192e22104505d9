// A client of Node's https module, with an agent of its own.
import http from "node:http";
import https from "node:https";

const images = `${process.argv[2] ?? "https://api-singapore.klingai.com"}/v1/images/omni-image`;
const headers = { Authorization: "Bearer me", "Content-Type": "application/json" };
const by = images.startsWith("https:") ? https : http;
const agent = new by.Agent({ keepAlive: true });

function ask(url, options, body) {
  return new Promise((done, failed) => {
    const request = by.request(url, { agent, ...options }, async (answer) => {
      const pieces = [];
      for await (const piece of answer) pieces.push(piece);
      done(Buffer.concat(pieces));
    });
    request.on("error", failed);
    request.end(body);
  });
}

const made = await ask(images, { method: "POST", headers }, JSON.stringify({ prompt: "A cat" }));
const { task_id } = JSON.parse(made).data;
let data;
while ((data = JSON.parse(await ask(`${images}/${task_id}`, { headers })).data).task_status !== "succeed") {
  await new Promise((done) => setTimeout(done, 100));
}
const { url } = data.task_result.images[0];
console.log(url, (await ask(url, {})).toString("latin1", 1, 4));
