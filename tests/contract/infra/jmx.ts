/** One XML element: its name and attributes as written, what it holds, and its text when it holds no element. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const TOKEN = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(\/?)([\w.:-]+)((?:\s+[\w.:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

/**
 * Reads the XML that a JMeter plan is written in (no CDATA, no document type).
 * @throws Error where the text is not well-formed, with the offset
 */
export function parseXml(text: string): XmlElement {
  interface Open {
    name: string;
    attributes: Record<string, string>;
    children: XmlElement[];
    text: string;
  }
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const open: Open[] = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    const current = open.at(-1);
    if (!token || !current) throw new Error(`not well-formed at offset ${at}`);
    const [, closing, name, attributes = '', empty, content] = token;
    if (content !== undefined) current.text += unescape(content, at);
    else if (name && closing) {
      if (current === root || current.name !== name)
        throw new Error(`</${name}> closes nothing at offset ${at}`);
      open.pop();
    } else if (name) {
      const element = { name, attributes: readAttributes(attributes), children: [], text: '' };
      current.children.push(element);
      if (!empty) open.push(element);
    }
  }
  const [element, ...others] = root.children;
  if (open.length !== 1) throw new Error(`<${open.at(-1)?.name}> is never closed`);
  if (!element || others.length > 0 || root.text.trim()) throw new Error('not exactly one root element');
  return element;
}

/** The element and all below it, in document order. */
export function allElements(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(allElements)];
}

function readAttributes(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w.:-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
}

function unescape(text: string, at: number): string {
  if (/&(?!(amp|lt|gt|quot|apos);)/.test(text)) throw new Error(`bare & near offset ${at}`);
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replaceAll(/&(\w+);/g, (_all, name: string) => characters[name] ?? '');
}
