/** `node --experimental-default-type=module tests/js/run.mjs`: the pure tests, without a browser. */
import { readdirSync } from "node:fs";
import { run } from "./harness.mjs";

for (const file of readdirSync(import.meta.dirname).filter(
  (name) => name.endsWith(".test.mjs") && !name.endsWith(".page.test.mjs"),
)) {
  await import(`./${file}`);
}
const results = await run();
for (const { name, problem } of results.filter((one) => one.problem)) console.error(`FAILED ${name}\n${problem}`);
console.log(`${results.filter((one) => !one.problem).length} of ${results.length} passed`);
process.exitCode = results.some((one) => one.problem) ? 1 : 0;
