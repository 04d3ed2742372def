// Draws a job summary to a PNG, as GitHub would show it: GitHub-flavoured Markdown
// with GitHub's style sheet, Mermaid charts, headless Chromium. All from local files.
//
//	node render.mjs SUMMARY.md PICTURE.png

import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { marked } from "marked";
import { chromium } from "playwright-core";

const [summary, picture] = process.argv.slice(2);
const file = (name) => pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
const width = 940;

const html = `<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="${file("github-markdown-css/github-markdown-light.css")}">
<style>
  body { margin: 0 }
  .markdown-body { box-sizing: border-box; width: ${width}px; padding: 16px 24px }
  .mermaid { background: none !important; padding: 0 !important }
</style>
<article class="markdown-body">${marked.parse(readFileSync(summary, "utf8"), { gfm: true })}</article>
<script src="${file("mermaid/dist/mermaid.min.js")}"></script>
<script>
  for (const code of document.querySelectorAll("code.language-mermaid")) {
    const pre = code.parentElement;
    pre.className = "mermaid";
    pre.textContent = code.textContent;
  }
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
  mermaid.run().then(() => (window.drawn = "yes"), (e) => (window.drawn = String(e.message ?? e)));
</script>`;

const dir = mkdtempSync(join(tmpdir(), "render-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage({ viewport: { width, height: 600 }, timezoneId: "America/New_York" });
  const requests = [];
  page.on("request", (r) => { if (!r.url().startsWith("file:")) requests.push(r.url()); });
  writeFileSync(join(dir, "page.html"), html);
  await page.goto(pathToFileURL(join(dir, "page.html")).href);
  await page.waitForFunction(() => window.drawn);
  const drawn = await page.evaluate(() => window.drawn);
  if (drawn !== "yes") throw new Error(`the chart is not drawn: ${drawn}`);
  if (requests.length > 0) throw new Error(`not from local files: ${requests}`);
  await page.locator("article").screenshot({ path: picture });
} finally {
  await browser.close();
  rmSync(dir, { recursive: true });
}
