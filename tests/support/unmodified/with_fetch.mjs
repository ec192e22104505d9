// A client of Node's fetch.
const images = `${process.argv[2] ?? "https://api-singapore.klingai.com"}/v1/images/omni-image`;
const headers = { Authorization: "Bearer me", "Content-Type": "application/json" };
const json = async (...asked) => (await (await fetch(...asked)).json()).data;

const { task_id } = await json(images, { method: "POST", headers, body: JSON.stringify({ prompt: "A cat" }) });
let data;
while ((data = await json(`${images}/${task_id}`, { headers })).task_status !== "succeed") {
  await new Promise((done) => setTimeout(done, 100));
}
const { url } = data.task_result.images[0];
console.log(url, Buffer.from(await (await fetch(url)).arrayBuffer()).toString("latin1", 1, 4));
