// Vitest: the same helper, in its worker and with its fake timers.

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { start } from "../index.js";

let fake;
beforeAll(async () => {
  fake = await start({ pace: "instant", fault: "1303 x1" });
});
afterAll(() => fake.stop());

async function create() {
  const headers = { authorization: "Bearer me", "content-type": "application/json" };
  const body = JSON.stringify({ prompt: "A cat" });
  return fetch(`${fake.url}/v1/images/omni-image`, { method: "POST", headers, body });
}

test("a slow-down is survived", async () => {
  expect((await create()).status).toBe(429);
  expect((await create()).status).toBe(200);
  await expect(fake.requests.verify("kling/omni-image.create", { times: 2 })).resolves.toHaveLength(2);
});

test("fake timers and a stubbed fetch make no difference", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", () => expect.unreachable());
  try {
    await expect(fake.clock.freeze()).resolves.toMatchObject({ is_frozen: true });
    const other = await start();
    await other.stop();
  } finally {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  }
});
