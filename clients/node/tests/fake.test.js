// Node's own test runner: what a test does with a fake.

import assert from "node:assert/strict";
import { after, before, beforeEach, mock, test } from "node:test";
import { NotMet, NotStarted, Refused, start } from "../index.js";

let fake;
before(async () => (fake = await start({ pace: "real", service: ["kling"], reading: { "missing-task": "404-1203" } })));
beforeEach(() => fake.reset());
after(() => fake.stop());

const headers = { authorization: "Bearer me", "content-type": "application/json" };

async function create(prompt = "A cat", token = "me") {
  const body = JSON.stringify({ prompt });
  const sent = { method: "POST", headers: { ...headers, authorization: `Bearer ${token}` }, body };
  const answer = await fetch(`${fake.url}/v1/images/omni-image`, sent);
  return { status: answer.status, ...(await answer.json()).data };
}

test("options are those of the command", async () => {
  const answer = await fetch(`${fake.url}/v1/images/omni-image/nobody`, { headers });
  assert.deepEqual([answer.status, (await answer.json()).code], [404, 1203]);
});

test("a fault happens, and is gone once it is cleared", async () => {
  const number = await fake.faults.add("1303 x2 on kling/omni-image.create");
  assert.equal((await create()).status, 429);
  assert.deepEqual((await fake.faults.list()).map((each) => [each.number, each.happened]), [[number, 1]]);
  await fake.faults.clear();
  assert.equal((await create()).status, 200);
});

test("a fault can be one account's, and be removed", async () => {
  const number = await fake.faults.add("1303", { account: "other" });
  assert.deepEqual([(await create()).status, (await create("A cat", "other")).status], [200, 429]);
  await fake.faults.remove(number);
  assert.equal((await create("A cat", "other")).status, 200);
});

test("a profile is switched on and off", async () => {
  await fake.profiles.start("flaky", { account: "me" });
  assert.notEqual((await fake.faults.list()).length, 0);
  await fake.profiles.stop("flaky", { account: "me" });
  assert.equal((await fake.faults.list()).length, 0);
});

test("time stands still, and is advanced", async () => {
  const { now } = await fake.clock.freeze();
  const { task_id } = await create();
  const state = async () => (await (await fetch(`${fake.url}/v1/images/omni-image/${task_id}`, { headers })).json()).data;
  assert.equal((await state()).task_status, "submitted");
  assert.equal((await fake.clock.advance("90s")).now, now + 90_000);
  assert.equal((await state()).task_status, "succeed");
  await fake.clock.advance(500);
  assert.equal(await fake.clock.now(), now + 90_500);
  await fake.clock.set(new Date(now + 100_000));
  assert.equal(await fake.clock.now(), now + 100_000);
  assert.equal((await fake.clock.resume()).is_frozen, false);
});

test("what was sent can be seen and verified", async () => {
  await create("A cat on the moon");
  const [exchange] = await fake.requests.list({ operation: "kling/omni-image.create" });
  assert.deepEqual(JSON.parse(exchange.request.body), { prompt: "A cat on the moon" });
  const asked = { where: { prompt: "*moon" }, times: 1 };
  assert.deepEqual(await fake.requests.verify("kling/omni-image.create", asked), [exchange.number]);
  const twice = fake.requests.verify("kling/omni-image.create", { where: { prompt: "A dog" } });
  await assert.rejects(twice, (error) => error instanceof NotMet && /not "A dog"/.test(error.message));
});

test("all that was sent is listed, however much that is", async () => {
  await Promise.all(Array.from({ length: 7 }, () => create()));
  assert.equal((await fake.requests.list({ limit: 2 })).length, 7);
});

test("a task is forced to an end", async () => {
  await create();
  const [task] = await fake.tasks.list({ operation: "kling/omni-image.create" });
  assert.equal((await fake.tasks.force(task, "failed", "moderation")).status, "failed");
});

test("everything else goes by its path", async () => {
  assert.equal((await fake.control("PATCH", "/settings", { pace: "polls:3" })).pace, "polls:3");
});

test("what the fake refuses is told in its words", async () => {
  await assert.rejects(fake.faults.add("1303 x"), (error) => error instanceof Refused && /1303/.test(error.message));
  await assert.rejects(fake.clock.advance("soon"), Refused);
});

test("a fetch and timers that a test has replaced make no difference", async () => {
  const before = globalThis.fetch;
  globalThis.fetch = () => assert.fail("the helper has used it");
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    const other = await start();
    await other.reset();
    await other.stop();
  } finally {
    mock.timers.reset();
    globalThis.fetch = before;
  }
});

test("it can be stopped twice, and says afterwards how it has ended", async () => {
  const other = await start({ port: 0 });
  await Promise.all([other.stop(), other[Symbol.asyncDispose]()]);
  await assert.rejects(other.reset(), /does not answer .* It ended with status 0\./s);
});

test("one that was killed says so", async () => {
  const other = await start();
  process.kill(other.pid, "SIGKILL");
  await other.stop();
  await assert.rejects(other.clock.now(), /ended by SIGKILL/);
});

test("a mistake in an option is told in the words of the command", async () => {
  await assert.rejects(start({ pace: "slow" }), (error) => error instanceof NotStarted && /polls:N/.test(error.message));
  await assert.rejects(start({ pcae: "slow" }), /No such option '--pcae'/);
});

test("a program that is missing or another one is named", async () => {
  await assert.rejects(start({ command: ["no-such-program"] }), /no no-such-program.*pip install.*MOCKSERVER/s);
  await assert.rejects(start({ command: [process.execPath, "--version"] }), /did not start.*v\d/s);
  await assert.rejects(start({ command: [process.execPath, "-e", "process.exit(3)"] }), /status 3/);
  const endless = "setInterval(() => process.stdout.write('x'.repeat(9_999)))";
  await assert.rejects(start({ command: [process.execPath, "-e", endless, "--"] }), /did not start/);
});
