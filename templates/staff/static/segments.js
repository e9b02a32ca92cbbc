// How many SMS segments a text takes: the same as templates/segments.py, and tested to be.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
    "¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€"); // two septets each

/** Returns the number of segments that a text is sent and billed as, at least 1; none splits a character. */
export function countSegments(text) {
  const characters = [...text];
  const isGsm7 = characters.every((one) => BASIC.has(one) || EXTENDED.has(one));
  const sizes = characters.map((one) => (isGsm7 ? (EXTENDED.has(one) ? 2 : 1) : one.length));
  const [single, several] = isGsm7 ? [160, 153] : [70, 67];
  if (sizes.reduce((sum, size) => sum + size, 0) <= single) return 1;
  let segments = 1;
  let room = several;
  for (const size of sizes) {
    if (size > room) {
      segments += 1;
      room = several;
    }
    room -= size;
  }
  return segments;
}
