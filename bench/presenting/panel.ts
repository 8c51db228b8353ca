/** Of a picture, in pixels. */
export const WIDTH = 760;

/** A part of a picture: what is drawn in it, from its own upper left corner, and how high it is. */
export interface Panel {
  readonly height: number;
  readonly marks: string;
}

/** One decimal of a pixel is enough. */
export function at(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10);
}
