import type { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Name,
  RelativeDistinguishedName,
} from '@peculiar/asn1-x509';

/** The parts a subject may have, X.520; enough to say whose certificate it is. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  OU: '2.5.4.11',
  O: '2.5.4.10',
  L: '2.5.4.7',
  C: '2.5.4.6',
};

/** `CN=WS-01,O=Shop` as a name; a text without `=` is the common name. @throws {Error} in a sentence */
export function parseSubject(subject: string): Name {
  const written = subject.includes('=') ? subject : `CN=${subject}`;
  return new Name(written.split(',').map((part) => relativeName(part, subject)));
}

/** For whom a certificate is, whatever it was made by. Not from Node's text of it, which escapes some characters and has no form for others. */
export function subjectOf(certificate: X509Certificate): Name {
  return AsnConvert.parse(certificate.raw, Certificate).tbsCertificate.subject;
}

function relativeName(part: string, subject: string): RelativeDistinguishedName {
  const [, key = '', value = ''] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
  const type = ATTRIBUTES[key.toUpperCase()];
  // X.520 allows 64 characters in each of these.
  if (!type || value === '' || value.length > 64)
    throw new Error(
      `"${subject}" is no subject such as CN=WS-01,O=Shop; parts are ${Object.keys(ATTRIBUTES).join(', ')}, 1 to 64 characters each`,
    );
  // A country is a PrintableString by its definition; all others are UTF-8.
  const text = key.toUpperCase() === 'C' ? { printableString: value } : { utf8String: value };
  return new RelativeDistinguishedName([
    new AttributeTypeAndValue({ type, value: new AttributeValue(text) }),
  ]);
}
