// Checks workflows and action.yml against the schemas that GitHub publishes for them.
// The package imports JSON in a way that Node refuses, so this is bundled first:
// npm run build && node node_modules/check.cjs FILE...

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { parseAction } from "@actions/workflow-parser/actions/action-parser";
import { convertActionTemplate } from "@actions/workflow-parser/actions/action-template";

async function problems(name) {
  const isAction = basename(name) === "action.yml";
  const file = { name, content: readFileSync(name, "utf8") };
  const { context, value } = (isAction ? parseAction : parseWorkflow)(file, new NoOperationTraceWriter());
  if (value) await (isAction ? convertActionTemplate : convertWorkflowTemplate)(context, value);
  return context.errors.getErrors();
}

Promise.all(process.argv.slice(2).map(problems)).then((all) => {
  for (const problem of all.flat()) console.error(problem.message);
  console.log(`${all.length} files checked against GitHub's schemas`);
  process.exitCode = all.length === 0 || all.flat().length > 0 ? 1 : 0;
});
