/**
 * Text as applications store it: ids, names, session documents, pages of markup.
 *
 * All of it is ASCII, so a character is a byte. What compresses in real data compresses here: documents repeat
 * their field names, pages repeat their markup, tokens and ids do not repeat at all.
 */
import { SeededNumbers } from "./seeded-numbers.ts";

const words =
  "time river stone window garden letter market summer winter bridge silver paper music story travel kitchen doctor forest morning evening island engine station harbour valley pocket mirror ladder candle butter orange yellow purple simple double single number person public office school family moment reason result history".split(
    " ",
  );
const givenNames =
  "Ada Ben Cara Dina Emil Fay Gus Hana Ivo Jon Kim Lea Max Nora Otto Pia Rui Sam Tia Uwe".split(" ");
const familyNames =
  "Abel Brandt Costa Diaz Eriksen Fischer Garcia Haas Ito Jensen Kovacs Lopez Moreau Novak".split(" ");
const roles = ["reader", "writer", "editor", "admin", "billing", "support"];
const agents = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:122.0) Gecko/20100101 Firefox/122.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 Version/17.2 Mobile/15E148",
];
const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export class TextMaker {
  readonly numbers: SeededNumbers;

  constructor(seed: number) {
    this.numbers = new SeededNumbers(seed);
  }

  word(): string {
    return this.numbers.pick(words);
  }

  name(): string {
    return `${this.numbers.pick(givenNames)} ${this.numbers.pick(familyNames)}`;
  }

  /** Lower-case hex digits, `byteCount` bytes of them. */
  hex(byteCount: number): string {
    let text = "";
    for (let index = 0; index < byteCount; index++) text += hexBytes[this.numbers.next() >>> 24];
    return text;
  }

  uuid(): string {
    return `${this.hex(4)}-${this.hex(2)}-4${this.hex(2).slice(1)}-a${this.hex(2).slice(1)}-${this.hex(6)}`;
  }

  /** Six or seven characters that say nothing, as short ids are. */
  shortId(): string {
    return this.numbers.next().toString(36);
  }

  sentence(wordCount: number): string {
    let text = this.word();
    for (let index = 1; index < wordCount; index++) text += ` ${this.word()}`;
    return `${text}.`;
  }

  /** A session document of 300 to 900 bytes. */
  session(): string {
    const { numbers } = this;
    const user = numbers.below(5_000_000);
    const cart = Array.from({ length: numbers.below(6) }, () => ({
      sku: `${this.word()}-${numbers.below(100_000)}`,
      count: numbers.between(1, 4),
      cents: numbers.below(50_000),
    }));
    return JSON.stringify({
      user,
      name: this.name(),
      mail: `${this.word()}.${this.word()}${user % 97}@example.com`,
      roles: [numbers.pick(roles), numbers.pick(roles)],
      address: `10.${numbers.below(256)}.${numbers.below(256)}.${numbers.below(256)}`,
      agent: numbers.pick(agents),
      token: this.hex(32),
      csrf: this.hex(numbers.between(8, 24)),
      seenAt: 1_700_000_000_000 + numbers.next(),
      cart,
    });
  }

  /** A page of markup of about 2 to 20 KB. */
  page(): string {
    const { numbers } = this;
    const rowCount = numbers.between(12, 120);
    let text = `<!doctype html>\n<html lang="en">\n<head><title>${this.sentence(4)}</title></head>\n<body class="layout-main">\n`;
    for (let row = 0; row < rowCount; row++) {
      text += `<section class="article-row"><h2 id="s${row}">${this.word()}</h2><p class="body-text">${this.sentence(numbers.between(6, 16))}</p></section>\n`;
    }
    return `${text}<footer class="layout-footer">${this.uuid()}</footer>\n</body>\n</html>\n`;
  }
}
