// Draws job summaries to PNGs, as GitHub would show them: GitHub-flavoured Markdown
// with GitHub's style sheet, Mermaid charts, headless Chromium. All from local files.
// Fails unless each chart is drawn with all its bars, and a good deploy fits on one screen.
//
//	node render.mjs PICTURE.png SUMMARY.md
//	node render.mjs FOLDER SUMMARY.md ...

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { marked } from "marked";
import { chromium } from "playwright-core";

const [to, ...summaries] = process.argv.slice(2);
const file = (name) => pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
const width = 940;
const screen = 720; // what of a page is seen at once on a small laptop, in pixels

const html = (markdown) => `<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="${file("github-markdown-css/github-markdown-light.css")}">
<style>
  body { margin: 0 }
  .markdown-body { box-sizing: border-box; width: ${width}px; padding: 16px 24px }
  .mermaid { background: none !important; padding: 0 !important }
</style>
<article class="markdown-body">${marked.parse(markdown, { gfm: true })}</article>
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

// What the page has of charts: how many, and how many bars of some size.
const charts = () => ({
  height: Math.round(document.querySelector("article").getBoundingClientRect().height),
  drawn: document.querySelectorAll(".mermaid svg").length,
  bars: [...document.querySelectorAll(".mermaid svg .task")].filter((bar) => {
    const box = bar.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  }).length,
});

async function draw(page, summary, picture) {
  const markdown = readFileSync(summary, "utf8");
  writeFileSync(join(dir, "page.html"), html(markdown));
  await page.goto(pathToFileURL(join(dir, "page.html")).href);
  await page.waitForFunction(() => window.drawn);
  const drawn = await page.evaluate(() => window.drawn);
  if (drawn !== "yes") throw new Error(`${summary}: the chart is not drawn: ${drawn}`);
  const found = await page.evaluate(charts);
  const wanted = { drawn: markdown.match(/^```mermaid$/gm)?.length ?? 0, bars: markdown.match(/ :.*\bb\d+, /g)?.length ?? 0 };
  if (found.drawn !== wanted.drawn || found.bars !== wanted.bars) {
    throw new Error(`${summary}: ${found.drawn} charts with ${found.bars} bars are drawn, of ${wanted.drawn} with ${wanted.bars}`);
  }
  if (basename(summary) === "good.md" && found.height > screen) {
    throw new Error(`${summary}: it is ${found.height} pixels high, and does not fit on a screen of ${screen}`);
  }
  await page.locator("article").screenshot({ path: picture });
  console.log(`${basename(summary)}: ${found.bars} bars, ${found.height} pixels high`);
}

const dir = mkdtempSync(join(tmpdir(), "render-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage({ viewport: { width, height: 600 }, timezoneId: "America/New_York" });
  const requests = [];
  page.on("request", (r) => { if (!r.url().startsWith("file:")) requests.push(r.url()); });
  if (!to.endsWith(".png")) mkdirSync(to, { recursive: true });
  for (const summary of summaries) {
    await draw(page, summary, to.endsWith(".png") ? to : join(to, basename(summary, ".md") + ".png"));
  }
  if (requests.length > 0) throw new Error(`not from local files: ${requests}`);
} finally {
  await browser.close();
  rmSync(dir, { recursive: true });
}
