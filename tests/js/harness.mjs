/** The smallest test runner: the same files run in Chromium (test_modules.py) and, where pure, in Node (run.mjs). */

/** @type {{name: string, body: () => unknown}[]} */
const tests = [];

/** @param {string} name a sentence @param {() => unknown} body */
export function test(name, body) {
  tests.push({ name, body });
}

/** @param {unknown} got @param {unknown} wanted @param {string} [about] */
export function equal(got, wanted, about = "") {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${about} got ${a}, wanted ${b}`.trim());
}

/** @param {unknown} fact @param {string} about */
export function ok(fact, about) {
  if (!fact) throw new Error(about);
}

/** @param {() => unknown} holds @param {string} about */
export async function until(holds, about, most_ms = 3000) {
  const end = Date.now() + most_ms;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never: ${about}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const names = () => tests.map(({ name }) => name);

/**
 * @param {string} [only] one sentence; else all
 * @returns {Promise<{name: string, problem: string | null}[]>}
 */
export async function run(only) {
  const results = [];
  for (const { name, body } of tests.filter((one) => !only || one.name === only)) {
    try {
      await body();
      results.push({ name, problem: null });
    } catch (error) {
      results.push({ name, problem: String(error instanceof Error ? (error.stack ?? error) : error) });
    }
  }
  return results;
}
