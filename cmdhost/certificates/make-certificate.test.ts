import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import { withinMs } from '../commands/rotate.ts';
import { makeCertificate } from './make-certificate.ts';
import { parseSubject, subjectOf } from './subject.ts';
import { thumbprints } from './thumbprints.ts';

const NOW = new Date('2026-11-28T12:00:00.000Z');

describe('a certificate', () => {
  it('is self-signed for its key, for nobody else, and as long as asked', async () => {
    const made = await makeCertificate({ subject: 'CN=WS-01,O=Führer & Söhne,C=KR', days: 90, now: NOW });
    const certificate = new X509Certificate(made.certificatePem);
    const key = createPrivateKey(made.privateKeyPem);
    expect(certificate.subject).toBe('CN=WS-01\nO=Führer & Söhne\nC=KR');
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.verify(createPublicKey(key))).toBe(true);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(3072);
    expect(certificate.validFromDate.toISOString()).toBe('2026-11-28T11:55:00.000Z');
    expect(certificate.validToDate.toISOString()).toBe('2027-02-26T12:00:00.000Z');
  });

  it('after 2049 has dates too', async () => {
    const made = await makeCertificate({
      subject: 'WS-01',
      days: 1,
      now: new Date('2051-01-01T00:00:00.000Z'),
    });
    const certificate = new X509Certificate(made.certificatePem);
    expect(certificate.validToDate.toISOString()).toBe('2051-01-02T00:00:00.000Z');
    expect(thumbprints(certificate).x5tS256).toHaveLength(43);
  });
});

describe('a certificate for whom another one is', () => {
  const name = (...parts: readonly (readonly [string, ConstructorParameters<typeof AttributeValue>[0]])[]) =>
    new Name(
      parts.map(
        ([type, value]) =>
          new RelativeDistinguishedName([
            new AttributeTypeAndValue({ type, value: new AttributeValue(value) }),
          ]),
      ),
    );
  const [CN, ST, O, EMAIL] = ['2.5.4.3', '2.5.4.8', '2.5.4.10', '1.2.840.113549.1.9.1'];

  it.each<[string, Name]>([
    ['characters that texts of names escape', parseSubject('CN=WS-01,O=Meyer+Sohn "CAM" <a>;\\b')],
    ['a comma', name([CN, { utf8String: 'WS-01' }], [O, { utf8String: 'Shop, Inc.' }])],
    [
      'parts that enroll does not make',
      name([ST, { printableString: 'Bavaria' }], [EMAIL, { ia5String: 'a@b.de' }]),
    ],
    ['other kinds of text', name([CN, { bmpString: 'Füße' }], [O, { teletexString: 'Shop' }])],
    ['a long part', name([CN, { utf8String: 'x'.repeat(80) }])],
    ['a part of two', new Name([new RelativeDistinguishedName([...parseSubject('CN=a,OU=b')].flat())])],
  ])('has its name byte for byte: %s', async (_name, subject) => {
    const made = async (of: Name) =>
      new X509Certificate((await makeCertificate({ subject: of, days: 1, now: NOW })).certificatePem);
    const { raw } = await made(subjectOf(await made(subject)));
    // Once for the issuer, once for the subject.
    const bytes = Buffer.from(AsnConvert.serialize(subject));
    const first = raw.indexOf(bytes);
    expect(first).toBeGreaterThan(0);
    expect(raw.indexOf(bytes, first + 1)).toBeGreaterThan(first);
  });
});

it.each(['CN=', 'CN=WS,X=1', 'WS-01,O=Shop', `CN=${'x'.repeat(65)}`, 'CN=a=b,'])(
  '"%s" is no subject',
  (subject) => {
    expect(() => parseSubject(subject)).toThrow('is no subject such as CN=WS-01,O=Shop');
  },
);

it('a time before the end is given in days or as ISO 8601', () => {
  expect([withinMs('30d'), withinMs('P2W'), withinMs(undefined)]).toEqual([
    30 * 86_400_000,
    14 * 86_400_000,
    undefined,
  ]);
  expect(() => withinMs('30 days')).toThrow(RangeError);
});
