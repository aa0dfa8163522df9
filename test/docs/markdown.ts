import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join, relative } from 'node:path';

export const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** A page of the documentation: its path from the checkout, and its text. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

export async function page(path: string): Promise<Page> {
  return { path, text: await readFile(join(checkout, path), 'utf8') };
}

/** Every Markdown page: those in the checkout's own folder, and all under `docs`, `seccomp` and `examples`. */
export async function allPages(): Promise<readonly Page[]> {
  const top = (await readdir(checkout)).filter((name) => name.endsWith('.md'));
  const deep = await Promise.all(
    ['docs', 'seccomp', 'examples'].map(async (folder) => {
      const entries = await readdir(join(checkout, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
        .map((entry) => relative(checkout, join(entry.parentPath, entry.name)));
    }),
  );
  return Promise.all([...top, ...deep.flat()].map(page));
}

export interface Fence {
  readonly info: string;
  readonly body: string;
}

/** The fenced blocks of a page, in order; `info` is what stands behind the opening fence. */
export function fencesOf({ text }: Page): readonly Fence[] {
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = '', body = '']) => ({
    info: info.trim(),
    body,
  }));
}

export const withoutFences = ({ text }: Page): string => text.replace(/^```[\s\S]*?^```$/gm, '');

/** Anchors as GitHub makes them of headings. */
export function anchorsOf(page: Page): ReadonlySet<string> {
  const headings = [...withoutFences(page).matchAll(/^#{1,6} +(.+)$/gm)].map(([, title = '']) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

/** Targets of the links on a page, code left out. */
export function linksOf(page: Page): readonly string[] {
  const prose = withoutFences(page).replace(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}
