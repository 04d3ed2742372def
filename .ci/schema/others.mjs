// Checks the settings of other CI systems, as the documents show them, by what these systems'
// own packages know of them: GitLab's schema, which gitlab-ci-local brings along, and the
// types of Buildkite's SDK. CircleCI publishes its schema in no package.
//
// npm run build && node node_modules/others.cjs gitlab.yml… buildkite.yml…

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import Ajv from "ajv";
import gitlab from "gitlab-ci-local/src/schema/index.js";
import ts from "typescript";
import { parse } from "yaml";

const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });

function problemsOfGitLab(settings) {
  ajv.validate(gitlab, settings);
  return (ajv.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}

// The settings become a constant of the type of a pipeline, which TypeScript checks.
function problemsOfBuildkite(settings) {
  const name = join(__dirname, "pipeline.ts");
  const text = `import { PipelineStep } from "@buildkite/buildkite-sdk/src/sdk";
    export const pipeline: { steps: PipelineStep[] } = ${JSON.stringify(settings)};`;
  const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], moduleResolution: ts.ModuleResolutionKind.Node10 };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (file, ...rest) => (file === name ? ts.createSourceFile(file, text, ts.ScriptTarget.ES2022) : getSourceFile(file, ...rest));
  return ts.getPreEmitDiagnostics(ts.createProgram([name], options, host)).map((d) => ts.flattenDiagnosticMessageText(d.messageText, "\n"));
}

const checks = { "gitlab.yml": problemsOfGitLab, "buildkite.yml": problemsOfBuildkite };
let found = 0;
for (const file of process.argv.slice(2)) {
  const check = checks[basename(file).replace(/-\d+/, "")];
  const problems = check ? check(parse(readFileSync(file, "utf8"))) : ["no such system is known here"];
  for (const problem of problems) console.error(`${file}: ${problem}`);
  found += problems.length;
}
console.log(`${process.argv.length - 2} settings of other CI systems checked`);
process.exitCode = found > 0 || process.argv.length < 4 ? 1 : 0;
