import { createHash, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  type Name,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { parseSubject } from './subject.ts';

const generate = promisify(generateKeyPair);
const KEY_BITS = 3072;
const DAY_MS = 86_400_000;
/** Certificates are taken at once by services whose clock is a little behind. */
const BACKDATED_MS = 5 * 60_000;
/** sha256WithRSAEncryption, RFC 4055; its parameters are an ASN.1 NULL. */
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';
const ASN1_NULL = Uint8Array.of(5, 0).buffer;

export interface KeyAndCertificate {
  /** PKCS #8. */
  readonly privateKeyPem: string;
  readonly certificatePem: string;
}

export interface CertificateOptions {
  /** As `CN=WS-01,O=Shop`, where a text without `=` is the common name; a name that is there already goes in as it is. */
  readonly subject: string | Name;
  readonly days: number;
  readonly now: Date;
}

/**
 * A new RSA key of 3072 bits and a self-signed certificate for it (RFC 5280, version 3, no authority, digital signature only).
 * Node makes keys but no certificates.
 * @throws {Error} in a sentence when the subject cannot be one
 */
export async function makeCertificate(options: CertificateOptions): Promise<KeyAndCertificate> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: KEY_BITS });
  const publicKeyDer = publicKey.export({ type: 'spki', format: 'der' });
  const name = typeof options.subject === 'string' ? parseSubject(options.subject) : options.subject;
  const algorithm = new AlgorithmIdentifier({ algorithm: SHA256_WITH_RSA, parameters: ASN1_NULL });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: algorithm,
    issuer: name,
    subject: name,
    validity: new Validity({
      notBefore: new Date(options.now.getTime() - BACKDATED_MS),
      notAfter: new Date(options.now.getTime() + options.days * DAY_MS),
    }),
    subjectPublicKeyInfo: AsnConvert.parse(publicKeyDer, SubjectPublicKeyInfo),
    extensions: extensions(publicKeyDer),
  });
  const toSign = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: arrayBuffer(sign('sha256', toSign, privateKey)),
  });
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: toPem(Buffer.from(AsnConvert.serialize(certificate))),
  };
}

function extensions(publicKeyDer: Buffer): Extensions {
  const keyId = createHash('sha1').update(publicKeyDer).digest();
  return new Extensions([
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(arrayBuffer(keyId)), false),
  ]);
}

function extension(extnID: string, value: unknown, critical: boolean): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** RFC 5280 section 4.1.2.2: positive, at most 20 bytes; 126 random bits here. */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return arrayBuffer(bytes);
}

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
