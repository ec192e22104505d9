// How often something is done.

const pause = (millis) => new Promise((done) => setTimeout(done, millis));

/**
 * Return a function that asks for work to be done: at once if it was not done lately, one at a time, a few times a
 * second at most, and less often where it takes long.
 */
export function paced(work, fail, gap = 400) {
  let isWanted = false;
  let isBusy = false;
  async function run() {
    isBusy = true;
    while (isWanted) {
      isWanted = false;
      const start = performance.now();
      await work().catch(fail);
      await pause(Math.max(gap, 2 * (performance.now() - start)));
    }
    isBusy = false;
  }
  return () => {
    isWanted = true;
    if (!isBusy) run();
  };
}
