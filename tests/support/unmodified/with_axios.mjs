// A client of axios, or of the one that AXIOS names.
const { default: axios } = await import(process.env.AXIOS ?? "axios");

const images = `${process.argv[2] ?? "https://api-singapore.klingai.com"}/v1/images/omni-image`;
const headers = { Authorization: "Bearer me" };

const { task_id } = (await axios.post(images, { prompt: "A cat" }, { headers })).data.data;
let data;
while ((data = (await axios.get(`${images}/${task_id}`, { headers })).data.data).task_status !== "succeed") {
  await new Promise((done) => setTimeout(done, 100));
}
const { url } = data.task_result.images[0];
console.log(url, (await axios.get(url, { responseType: "arraybuffer" })).data.toString("latin1", 1, 4));
