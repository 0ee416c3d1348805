import { createHash, X509Certificate } from 'node:crypto';

/** The password of every Java key store of authorities; it protects nothing. */
const password = 'changeit';

/**
 * A PEM bundle as a Java key store (JKS): Java does not read PEM, and a build must trust what the host trusts.
 * The format is that of the JDK's sun.security.provider.JavaKeyStore.
 */
export function javaTrustStore(pem: string): Buffer {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const entries = certificates.map((text, index) => {
    const der = new X509Certificate(text).raw;
    return Buffer.concat([int(2), utf(`ca-${index}`), int(0), int(0), utf('X.509'), int(der.length), der]);
  });
  const body = Buffer.concat([int(0xfeedfeed), int(2), int(entries.length), ...entries]);
  const digest = createHash('sha1')
    .update(Buffer.from(password, 'utf16le').swap16())
    .update('Mighty Aphrodite')
    .update(body)
    .digest();
  return Buffer.concat([body, digest]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function utf(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
