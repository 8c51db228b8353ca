import type { CheckResult } from '../check/check.ts';
import { byKind, heading } from '../check/sentences.ts';
import type { Finding } from '../data/finding.ts';
import { SIDES } from '../data/labelled-images.ts';
import { countText, escapeHtml } from './html.ts';
import { style } from './style.ts';

/** So many findings of a kind, and images of a finding, have pictures; the rest is counted. */
const mostFindings = 60;
const mostImages = 8;
const side = 160; // pixels

/** A small picture of an image, as a JPEG file. @throws where it cannot be read or drawn */
export type Thumbnail = (path: string, side: number) => Promise<Uint8Array>;

/** What was found among images as one HTML page with their pictures: no scripts, nothing fetched. */
export async function checkPage(
  result: CheckResult,
  place: string,
  version: string,
  thumbnail: Thumbnail,
): Promise<string> {
  const sections: string[] = [];
  for (const [kind, found] of byKind(result.findings)) {
    const shown = found.slice(0, mostFindings);
    const parts: string[] = [];
    for (const each of shown) parts.push(await findingHtml(each, thumbnail));
    const rest = found.length - shown.length;
    sections.push(
      `<section><h2>${escapeHtml(heading(kind, found.length))}</h2><div class="found">${parts.join('\n')}</div>${rest > 0 ? `<p>and ${countText(rest)} more.</p>` : ''}</section>`,
    );
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Images checked: ${escapeHtml(place)}</title>
<style>${style}${pictures}</style>
</head>
<body>
<main>
<header><p class="kind">Images checked before training</p><h1>${escapeHtml(place)}</h1><p>${introduction(result)}</p></header>
<section><h2>Images</h2>${countTable(result)}${result.notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('')}</section>
${sections.join('\n') || '<section><p>Nothing was found.</p></section>'}
<footer>thaw ${escapeHtml(version)}. docs/data.md says what is done about each.</footer>
</main>
</body>
</html>
`;
}

const pictures = `
.found { display: grid; grid-template-columns: repeat(auto-fill, minmax(${side + 24}px, 1fr)); gap: 16px; }
.found figure.wide { grid-column: span 2; }
.found .images { display: flex; flex-wrap: wrap; gap: 6px; }
.found img, .found .none { width: ${side}px; height: ${side}px; border-radius: 6px; background: var(--track); object-fit: cover; }
.found figcaption { display: block; font-size: 13px; color: var(--faint); overflow-wrap: anywhere; }
`;

function introduction({ features, findings }: CheckResult): string {
  const compared =
    features === null
      ? 'no network compared them: nearly the same images and suspicious labels were not looked for'
      : `compared by the features of ${escapeHtml(features)}`;
  return `${countText(findings.length)} findings · ${compared}`;
}

function countTable({ counts }: CheckResult): string {
  const sides = SIDES.filter((each) => counts.some((count) => count[each] !== undefined));
  const cells = (values: readonly string[]) =>
    values.map((text) => `<td class="number">${text}</td>`).join('');
  const rows = counts.map(
    (count) =>
      `<tr><th scope="row" title="${escapeHtml(count.name)}">${escapeHtml(count.name)}</th>${cells(sides.map((each) => countText(count[each] ?? 0)))}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr><th scope="col">class</th>${sides.map((each) => `<th scope="col" class="number">${each}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

async function findingHtml({ kind, names, reason }: Finding, thumbnail: Thumbnail): Promise<string> {
  const drawn = names.slice(0, mostImages);
  const images: string[] = [];
  if (!withoutPictures.has(kind)) for (const name of drawn) images.push(await picture(name, thumbnail));
  const rest = names.length - drawn.length;
  const text = [...drawn, ...(rest > 0 ? [`and ${countText(rest)} more`] : []), reason];
  return `<figure${drawn.length > 1 ? ' class="wide"' : ''}><div class="images">${images.join('')}</div><figcaption>${text.map(escapeHtml).join('<br>')}</figcaption></figure>`;
}

/** They name classes, or files that are no images. */
const withoutPictures: ReadonlySet<Finding['kind']> = new Set([
  'leftOut',
  'unreadable',
  'unreadableClass',
  'oneImage',
  'onlyInValidation',
  'oneClassInValidation',
]);

/** Inlined, so that the page can be sent. */
async function picture(path: string, thumbnail: Thumbnail): Promise<string> {
  try {
    const jpeg = Buffer.from(await thumbnail(path, side)).toString('base64');
    return `<img alt="" loading="lazy" src="data:image/jpeg;base64,${jpeg}">`;
  } catch {
    return '<span class="none"></span>'; // the caption names it
  }
}
