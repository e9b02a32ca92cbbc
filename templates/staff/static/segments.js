// Counts SMS segments like templates/segments.py; a test checks that both agree.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
    "¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€"); // two septets each

/** Returns the number of segments that a text is sent and billed as, at least 1; segments never split a character. */
export function countSegments(text) {
  const characters = [...text];
  const isGsm7 = characters.every((character) => BASIC.has(character) || EXTENDED.has(character));
  const sizes = characters.map((character) => (isGsm7 ? (EXTENDED.has(character) ? 2 : 1) : character.length));
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
