import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Config, readConfig } from '#config';
import { InvalidInput, Secret } from '#kernel';

type Environment = Record<string, string>;

const key32 = Buffer.alloc(32, 7).toString('base64');
const canary = 'canary-5up3r-53cr3t';

/** What an operator is told. */
function refusal(environment: Environment): string {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInput);
    return (error as InvalidInput).public;
  }
  return expect.unreachable('it was accepted');
}

const plain = (value: unknown): unknown => (value instanceof Secret ? value.reveal() : value);

it('with nothing set, every setting has its documented default', () => {
  const { secretFromEnvironment, addressFromEnvironment, ...settings } = readConfig({});
  expect(settings).toEqual({
    host: '127.0.0.1',
    port: 4000,
    dataDir: './data',
    databaseUrl: null,
    redisUrl: null,
    adminKey: null,
    demoKey: null,
    encryptionKey: null,
    platformFeeRate: 50_000_000_000_000_000n,
    publicUrl: null,
    ollamaBaseUrl: null,
    stripe: null,
    publicTrafficFloor: 1,
    anonymousSocketsPerAddress: 50,
    anonymousFeedsPerAddress: 10,
    shutdownGraceMs: 30_000,
    allowedOrigins: [],
    trustProxy: false,
    mail: null,
    github: null,
    google: null,
    oidc: null,
    logLevel: 'info',
    otlpEndpoint: null,
  });
});

it('an empty variable counts as unset, and unknown ones are ignored', () => {
  const empty = { PORT: '', ADMIN_KEY: '', TRUST_PROXY: '', GITHUB_CLIENT_ID: '' };
  expect(readConfig({ ...empty, SHELL_BASE_URL: '/app', PATH: '/bin' }).port).toBe(4000);
});

const accepted: [name: string, text: string, field: keyof Config, value: unknown][] = [
  ['HOST', '0.0.0.0', 'host', '0.0.0.0'],
  ['HOST', '::1', 'host', '::1'],
  ['HOST', 'localhost', 'host', 'localhost'],
  ['PORT', '0', 'port', 0],
  ['PORT', '65535', 'port', 65_535],
  ['DATA_DIR', '/var/lib/bourse data', 'dataDir', '/var/lib/bourse data'],
  ['REDIS_URL', 'redis://:pw@cache:6380/2', 'redisUrl', 'redis://:pw@cache:6380/2'],
  ['REDIS_URL', 'rediss://cache', 'redisUrl', 'rediss://cache'],
  ['ADMIN_KEY', 'k'.repeat(16), 'adminKey', 'k'.repeat(16)],
  ['DEMO_KEY', '~'.repeat(256), 'demoKey', '~'.repeat(256)],
  ['ENCRYPTION_KEY', key32, 'encryptionKey', key32],
  ['PLATFORM_FEE_RATE', '0', 'platformFeeRate', 0n],
  ['PLATFORM_FEE_RATE', '0.055', 'platformFeeRate', 55_000_000_000_000_000n],
  ['PLATFORM_FEE_RATE', '1', 'platformFeeRate', 10n ** 18n],
  ['PUBLIC_URL', 'https://bourse.example.com/', 'publicUrl', 'https://bourse.example.com'],
  ['OLLAMA_BASE_URL', 'http://127.0.0.1:11434/v1', 'ollamaBaseUrl', 'http://127.0.0.1:11434/v1'],
  ['PUBLIC_TRAFFIC_FLOOR', '5', 'publicTrafficFloor', 5],
  ['ANONYMOUS_SOCKETS_PER_ADDRESS', '0', 'anonymousSocketsPerAddress', 0],
  ['ANONYMOUS_FEEDS_PER_ADDRESS', '100', 'anonymousFeedsPerAddress', 100],
  ['SHUTDOWN_GRACE_MS', '1500', 'shutdownGraceMs', 1500],
  [
    'ALLOWED_ORIGINS',
    'https://a.example, http://b:81',
    'allowedOrigins',
    ['https://a.example', 'http://b:81'],
  ],
  ['TRUST_PROXY', 'true', 'trustProxy', true],
  ['TRUST_PROXY', 'false', 'trustProxy', false],
  ['LOG_LEVEL', 'debug', 'logLevel', 'debug'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318', 'otlpEndpoint', 'http://collector:4318'],
];

it.each(accepted)('%s=%s is accepted', (name, text, field, value) => {
  expect(plain(readConfig({ [name]: text })[field])).toEqual(value);
});

const refused: [name: string, text: string, told: string][] = [
  ['HOST', 'a b', 'It is neither an address nor a name. Accepted: an IP address or a host name'],
  ['PORT', '65536', '"65536" was given. Accepted: a whole number from 0 to 65535.'],
  ['PORT', '4000.5', '"4000.5" was given.'],
  ['PORT', '-1', '"-1" was given.'],
  ['PORT', '4e3', '"4e3" was given.'],
  ['PORT', ' 80', '" 80" was given.'],
  ['DATA_DIR', 'a\0b', 'Accepted: the path of a folder.'],
  [
    'DATABASE_URL',
    canary,
    'It is not an address. Accepted: an address that begins with postgresql://',
  ],
  ['DATABASE_URL', `mysql://u:${canary}@db/x`, 'It has another scheme.'],
  ['DATABASE_URL', 'postgresql:///x', 'It names no host.'],
  [
    'REDIS_URL',
    `http://${canary}`,
    'It has another scheme. Accepted: an address that begins with redis:// or rediss://.',
  ],
  ['REDIS_URL', `localhost:${canary}`, 'It is not an address.'],
  ['ADMIN_KEY', 'canary-5up3r', 'It has 12 characters. Accepted: 16 to 256 printable characters.'],
  ['ADMIN_KEY', 'k'.repeat(257), 'It has 257 characters.'],
  ['ADMIN_KEY', `${canary}\n`, 'It has characters that are not printable ASCII.'],
  ['DEMO_KEY', ` ${canary}`, 'It begins or ends with a space.'],
  ['ENCRYPTION_KEY', canary, 'It is not base64. Accepted: 32 bytes in base64'],
  ['ENCRYPTION_KEY', Buffer.from(canary).toString('base64'), 'It has 19 bytes.'],
  ['PLATFORM_FEE_RATE', '1.01', '"1.01" was given. Accepted: an exact decimal from 0 to 1'],
  ['PLATFORM_FEE_RATE', '5%', '"5%" was given.'],
  ['PLATFORM_FEE_RATE', '-0.05', '"-0.05" was given.'],
  ['PLATFORM_FEE_RATE', '5e-2', '"5e-2" was given.'],
  ['PLATFORM_FEE_RATE', '0.0000000000000000001', 'at most 18 decimals'],
  [
    'PUBLIC_URL',
    'bourse.example.com',
    'It is not an address. Accepted: an address that begins with http://',
  ],
  ['PUBLIC_URL', 'ftp://bourse.example.com', 'It has another scheme.'],
  ['PUBLIC_URL', `https://a/?token=${canary}`, 'It has a query or a fragment.'],
  ['OLLAMA_BASE_URL', '11434', 'It is not an address.'],
  ['PUBLIC_TRAFFIC_FLOOR', '0', 'from 1 to'],
  ['ANONYMOUS_SOCKETS_PER_ADDRESS', 'many', '"many" was given.'],
  ['ANONYMOUS_FEEDS_PER_ADDRESS', '1.5', '"1.5" was given.'],
  ['SHUTDOWN_GRACE_MS', '30s', '"30s" was given.'],
  [
    'ALLOWED_ORIGINS',
    'https://a.example,https://b.example/app',
    'It has no origin as entry 2 of 2.',
  ],
  ['ALLOWED_ORIGINS', '*', 'It has no origin as entry 1 of 1.'],
  ['TRUST_PROXY', 'maybe', '"maybe" was given. Accepted: true or false.'],
  ['STRIPE_API_BASE', canary, 'It is not an address.'],
  [
    'LOG_LEVEL',
    'loud',
    '"loud" was given. Accepted: fatal, error, warn, info, debug, trace, silent.',
  ],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', `grpc://${canary}`, 'It has another scheme.'],
];

it.each(refused)('%s=%j stops the start and says why', (name, text, told) => {
  const said = refusal({ [name]: text });
  expect(said).toContain(`${name}: `);
  expect(said).toContain(told);
  expect(said).not.toContain('canary');
  expect(inspect(said)).not.toContain(canary);
});

it('all wrong variables are named at once', () => {
  const said = refusal({ PORT: 'x', LOG_LEVEL: 'loud', ADMIN_KEY: 'short' });
  expect(said.match(/[A-Z_]+(?=: )/g)).toEqual(['PORT', 'ADMIN_KEY', 'LOG_LEVEL']);
});

describe('settings that belong together', () => {
  const groups: [field: keyof Config, whole: Environment, value: object][] = [
    [
      'stripe',
      { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' },
      { apiBase: 'https://api.stripe.com' },
    ],
    [
      'mail',
      { SMTP_URL: 'smtps://u:p@mail.example.com', MAIL_FROM: 'Bourse <bourse@example.com>' },
      { from: 'Bourse <bourse@example.com>' },
    ],
    ['github', { GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'shh' }, { clientId: 'id' }],
    ['google', { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'shh' }, { clientId: 'id' }],
    [
      'oidc',
      { OIDC_CLIENT_ID: 'id', OIDC_CLIENT_SECRET: 'shh', OIDC_ISSUER: 'https://id.example.com/' },
      { clientId: 'id', issuer: 'https://id.example.com' },
    ],
  ];

  it.each(groups)('%s is there when all of it is set', (field, environment, value) => {
    expect(readConfig(environment)[field]).toMatchObject(value);
  });

  it.each(groups)(
    '%s with a part missing is refused with the name of that part',
    (_, environment) => {
      for (const name of Object.keys(environment)) {
        const { [name]: _left, ...rest } = environment;
        expect(refusal(rest)).toContain(`${name}: It is missing, and `);
      }
    },
  );

  it('a wrong part is refused as wrong, not as missing', () => {
    const said = refusal({ SMTP_URL: `http://${canary}`, MAIL_FROM: 'nobody' });
    expect(said).toMatch(/SMTP_URL: It has another scheme.*MAIL_FROM: It is none/);
    expect(said).not.toMatch(/missing|canary/);
  });

  it('a PostgreSQL server needs an encryption key, which no folder keeps for it', () => {
    const database = { DATABASE_URL: `postgresql://bourse:${canary}@db:5432/bourse` };
    const said = refusal(database);
    expect(said).toBe('ENCRYPTION_KEY: It is missing, and DATABASE_URL is of no use without it.');
    const { databaseUrl } = readConfig({ ...database, ENCRYPTION_KEY: key32 });
    expect(databaseUrl?.reveal()).toBe(database.DATABASE_URL);
  });

  it("the demo key cannot be the administrator's", () => {
    const said = refusal({ ADMIN_KEY: 'k'.repeat(20), DEMO_KEY: 'k'.repeat(20) });
    expect(said).toContain('DEMO_KEY: It is the same as ADMIN_KEY');
  });
});

it('a printed config shows no secret', () => {
  const config = readConfig({
    ADMIN_KEY: canary,
    DEMO_KEY: `${canary}-2`,
    DATABASE_URL: `postgresql://u:${canary}@db/x`,
    REDIS_URL: `redis://:${canary}@cache`,
    ENCRYPTION_KEY: key32,
    SMTP_URL: `smtp://u:${canary}@mail`,
    MAIL_FROM: 'a@b',
    STRIPE_SECRET_KEY: canary,
    STRIPE_WEBHOOK_SECRET: canary,
    OPENAI_API_KEY: canary,
  });
  const printed = inspect(config, { depth: 9 }) + JSON.stringify({ ...config, platformFeeRate: 0 });
  expect(printed).not.toMatch(/canary|5up3r/);
  expect(printed).not.toContain(key32);
});

it('a config cannot be changed, its groups included', () => {
  const config = readConfig({ GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'shh' });
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.github)).toBe(true);
});

describe('variables that the catalog names', () => {
  const environment = {
    OPENAI_API_KEY: `${canary}\n`,
    EMPTY_API_KEY: '',
    OPENAI_BASE_URL: 'https://proxy.example.com/v1/',
    WRONG_BASE_URL: canary,
  };

  it('are found by name, and are null when unset or empty', () => {
    const config = readConfig(environment);
    expect(config.secretFromEnvironment('OPENAI_API_KEY')?.reveal()).toBe(canary);
    expect(config.secretFromEnvironment('EMPTY_API_KEY')).toBe(null);
    expect(config.secretFromEnvironment('OTHER_API_KEY')).toBe(null);
    expect(config.addressFromEnvironment('OPENAI_BASE_URL')).toBe('https://proxy.example.com/v1');
    expect(config.addressFromEnvironment('OTHER_BASE_URL')).toBe(null);
  });

  it('an address that is none is refused by name, without repeating it', () => {
    const config = readConfig(environment);
    expect(() => config.addressFromEnvironment('WRONG_BASE_URL')).toThrow(
      /^WRONG_BASE_URL: It is not an address\. Accepted: an address that begins with http/,
    );
  });

  it('stay as they were when the settings were read', () => {
    const changing = { ...environment };
    const config = readConfig(changing);
    changing.OPENAI_BASE_URL = 'https://elsewhere';
    expect(config.addressFromEnvironment('OPENAI_BASE_URL')).toContain('proxy');
  });
});
