const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe for element content and attribute values: class and file names come from outside. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** `87.5 %`, with a thin space that does not break. */
export function percentText(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)}\u202f%` : '–';
}

/** At most four significant digits, no trailing zeros: `0.4312`, `12`, `1e-5`. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return String(Number(value.toPrecision(4)));
}

/** `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? seconds.toFixed(1) : whole}\u202fs`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}\u202fmin ${two(whole % 60)}\u202fs`;
  return `${Math.floor(whole / 3600)}\u202fh ${two(Math.floor(whole / 60) % 60)}\u202fmin`;
}

/** `23,508,032` */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}
