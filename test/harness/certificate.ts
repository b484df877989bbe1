import { setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';

/** A server's own certificate for these names, which this process trusts from now on. */
export async function trustedCertificate(...names: string[]) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) },
    ],
  });
  setDefaultCACertificates([cert]);
  return { key, cert };
}
