import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

/** Anchors of a Markdown file, made the way Git forges make them. */
function anchors(text) {
  const headings = text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#{1,6}\s+(.+)$/gm);
  return new Set(
    [...headings].map(([, title]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

function brokenLink(root, file, text, target) {
  if (/^[a-z]+:/.test(target)) return null;
  const [path, anchor] = target.split('#');
  const full = path === '' ? join(root, file) : join(root, dirname(file), decodeURI(path));
  if (!existsSync(full)) return `${file}: ${target} leads nowhere`;
  if (anchor === undefined || !full.endsWith('.md')) return null;
  const known = anchors(path === '' ? text : readFileSync(full, 'utf8'));
  return known.has(anchor) ? null : `${file}: ${target}: no such heading`;
}

/** Every relative link of every page leads somewhere. */
export function checkLinks(root) {
  const pages = globSync(['*.md', '{docs,deploy,examples}/**/*.md'], { cwd: root, exclude: ['**/node_modules/**'] });
  let count = 0;
  const problems = [];
  for (const file of pages) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, target] of text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '').matchAll(LINK)) {
      count += 1;
      const problem = brokenLink(root, file, text, target);
      if (problem !== null) problems.push(problem);
    }
  }
  return { problems, summary: `${count} links on ${pages.length} pages` };
}
