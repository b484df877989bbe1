import { z } from 'zod';
import { type Price, parsePrice, Secret } from '#kernel';

/**
 * The form of a setting. What is given is repeated to the operator, unless the form is `private`:
 * of keys, secrets and addresses (which may carry a password) only what is wrong with them is said.
 */
export interface Form<T> {
  readonly schema: z.ZodType<T, string>;
  /** Completes "Accepted: …". */
  readonly accepted: string;
  readonly private?: true;
}

export const hostName: Form<string> = {
  schema: z.union([z.ipv4(), z.ipv6(), z.hostname()], 'is neither an address nor a name'),
  accepted: 'an IP address or a host name, such as 127.0.0.1 or 0.0.0.0',
  private: true,
};

export const folder: Form<string> = {
  schema: z.string().regex(/^[^\0]+$/),
  accepted: 'the path of a folder',
};

export const yesOrNo: Form<boolean> = {
  schema: z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] }),
  accepted: 'true or false',
};

export const whole = (min: number, max: number): Form<number> => ({
  schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)),
  accepted: `a whole number from ${min} to ${max}`,
});

export const oneOf = <const T extends string>(words: readonly T[]): Form<T> => ({
  schema: z.enum(words),
  accepted: words.join(', '),
});

/** An exact decimal, scaled like a price: 0.05 is 5 × 10¹⁶. */
export const rate: Form<Price> = {
  schema: z
    .string()
    .regex(/^(?:0(?:\.\d{1,18})?|1(?:\.0{1,18})?)$/)
    .transform(parsePrice),
  accepted: 'an exact decimal from 0 to 1 with at most 18 decimals, such as 0.05',
};

/** A credential that this installation chooses for itself. */
export const ownKey: Form<Secret> = {
  schema: secret(
    z
      .string()
      .min(16, { error: ({ input }) => `has ${(input as string).length} characters` })
      .max(256, { error: ({ input }) => `has ${(input as string).length} characters` })
      .regex(/^[ -~]*$/, 'has characters that are not printable ASCII')
      .regex(/^[^ ].*[^ ]$/s, 'begins or ends with a space'),
  ),
  accepted: '16 to 256 printable characters',
  private: true,
};

/** A credential that somebody else gave out, in whatever form. */
export const credential: Form<Secret> = {
  schema: secret(z.string().regex(/^[!-~]+$/, 'has spaces or characters that are not ASCII')),
  accepted: 'the credential as it was given out, without spaces',
  private: true,
};

export const clientId: Form<string> = {
  schema: z.string().regex(/^[!-~]+$/),
  accepted: 'the id as it was given out, without spaces',
};

export const encryptionKey: Form<Secret> = {
  schema: secret(
    z.base64('is not base64').refine((text) => keyBytes(text) === 32, {
      error: ({ input }) => `has ${keyBytes(input as string)} bytes`,
    }),
  ),
  accepted: '32 bytes in base64, as "openssl rand -base64 32" prints them',
  private: true,
};

/** The address of a server that may carry a user and a password. */
export const server = (...schemes: readonly string[]): Form<Secret> => ({
  schema: secret(address(schemes)),
  accepted: `an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  private: true,
});

/** An HTTP address without its final slash, so that a path can be joined to it. */
export const httpAddress: Form<string> = {
  schema: address(['http', 'https'])
    .refine((text) => !/[?#]/.test(text), 'has a query or a fragment')
    .transform((text) => text.replace(/\/+$/, '')),
  accepted: 'an address that begins with http:// or https://',
  private: true,
};

/** Origins as browsers send them: scheme, host, port. */
export const origins: Form<readonly string[]> = {
  schema: z.string().transform((text, context) => {
    const entries = text.split(',').map((entry) => entry.trim());
    const wrong = entries.findIndex((entry) => !isOrigin(entry));
    if (wrong === -1) return entries.map((entry) => new URL(entry).origin);
    context.addIssue(`has no origin as entry ${wrong + 1} of ${entries.length}`);
    return z.NEVER;
  }),
  accepted: 'origins separated by commas, such as https://app.example.com',
  private: true,
};

export const mailbox: Form<string> = {
  schema: z.string().regex(/^(?:[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, 'is none'),
  accepted: 'a mail address, such as bourse@example.com or Bourse <bourse@example.com>',
  private: true,
};

function secret(schema: z.ZodType<string, string>): z.ZodType<Secret, string> {
  return schema.transform((text) => new Secret(text));
}

function address(schemes: readonly string[]): z.ZodType<string, string> {
  return z
    .string()
    .refine((text) => URL.canParse(text) && text.includes('://'), {
      error: 'is not an address',
      abort: true,
    })
    .refine((text) => schemes.includes(new URL(text).protocol.slice(0, -1)), {
      error: 'has another scheme',
      abort: true,
    })
    .refine((text) => new URL(text).hostname !== '', 'names no host');
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname + search + hash + username === '/';
}

const keyBytes = (text: string) => Buffer.from(text, 'base64').length;
