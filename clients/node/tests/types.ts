// Checked by tsc --strict, and never run.

import { NotStarted, start, type Fake } from "../index.js";

export async function example(): Promise<number> {
  await using fake: Fake = await start({ pace: "polls:3", service: ["kling"], reading: { "missing-task": "404-1203" } });
  const number: number = await fake.faults.add("1303 x2", { account: "me", where: { prompt: "*" } });
  await fake.faults.remove(number);
  const { now, is_frozen } = await fake.clock.advance("40s");
  const [exchange] = await fake.requests.list({ status: 200 });
  const body: string | undefined = exchange?.request.body;
  const [task] = await fake.tasks.list();
  if (task) await fake.tasks.force(task, "failed", "moderation");
  // @ts-expect-error: there is no such option
  await start({ pcae: "instant" }).catch((error: unknown) => error instanceof NotStarted);
  // @ts-expect-error: a time is no span
  await fake.clock.advance(new Date());
  return is_frozen && body ? now : 0;
}
