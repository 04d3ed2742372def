// Has Mermaid itself read every diagram of Markdown files, without drawing it.
//
//	node parse.mjs FILE.md ...

import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";
import { marked } from "marked";

// Mermaid cleans texts by way of the browser's document, and looks for it once.
globalThis.window = new JSDOM("").window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

let found = 0;
let wrong = 0;
for (const file of process.argv.slice(2)) {
  for (const token of marked.lexer(readFileSync(file, "utf8"))) {
    if (token.type !== "code" || token.lang !== "mermaid") continue;
    found++;
    try {
      await mermaid.parse(token.text);
    } catch (e) {
      wrong++;
      console.error(`${file}: ${e.message}`);
    }
  }
}
console.log(`${found} diagrams read, ${wrong} of them wrong`);
process.exitCode = wrong > 0 || found === 0 ? 1 : 0;
