/**
 * Models and programs write some of what is shown: control characters and direction marks would command the reader's terminal, or make a
 * line read otherwise than it is.
 */
export const printable = (text: string): string =>
  text.replace(CONTROLS, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

// Everything of Unicode's Cc but tab and line feed, and the marks that change the direction of text.
const CONTROLS = /(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
