import { type LogLevel, type Price, parsePrice, Secret } from '#kernel';
import {
  clientId,
  credential,
  encryptionKey,
  folder,
  hostName,
  httpAddress,
  mailbox,
  oneOf,
  origins,
  ownKey,
  rate,
  server,
  whole,
  yesOrNo,
} from './config/setting-forms.ts';
import { type Environment, readSettings, type Settings } from './config/settings.ts';

/** Every setting, checked. Null: not set, and nothing stands in for it. */
export interface Config extends CatalogVariables {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Null: the embedded database in `dataDir`. */
  readonly databaseUrl: Secret | null;
  readonly redisUrl: Secret | null;
  /** Null: generated, and kept in `dataDir`. */
  readonly adminKey: Secret | null;
  readonly demoKey: Secret | null;
  /** 32 bytes in base64; never null with a `databaseUrl`. */
  readonly encryptionKey: Secret | null;
  /** Price-scaled: 0.05 is 5 × 10¹⁶. */
  readonly platformFeeRate: Price;
  /** Without a final slash; null: made of the host and the port that was taken. */
  readonly publicUrl: string | null;
  readonly ollamaBaseUrl: string | null;
  readonly stripe: StripeSettings | null;
  readonly publicTrafficFloor: number;
  readonly anonymousSocketsPerAddress: number;
  readonly anonymousFeedsPerAddress: number;
  readonly shutdownGraceMs: number;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
  readonly mail: MailSettings | null;
  readonly github: OAuthSettings | null;
  readonly google: OAuthSettings | null;
  readonly oidc: OidcSettings | null;
  readonly logLevel: LogLevel;
  readonly otlpEndpoint: string | null;
}

/** Variables whose names stand in the catalog. Null when unset or empty. */
export interface CatalogVariables {
  /** A credential, such as OPENAI_API_KEY. */
  secretFromEnvironment(name: string): Secret | null;
  /**
   * An HTTP address without a final slash, such as OPENAI_BASE_URL.
   *
   * @throws InvalidInput that names the variable when it holds none.
   */
  addressFromEnvironment(name: string): string | null;
}

export interface StripeSettings {
  readonly secretKey: Secret;
  readonly webhookSecret: Secret;
  readonly apiBase: string;
}

export interface MailSettings {
  readonly smtpUrl: Secret;
  readonly from: string;
}

export interface OAuthSettings {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

export interface OidcSettings extends OAuthSettings {
  readonly issuer: string;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/**
 * Reads the settings; nothing else reads the environment. Variables that it does not know are none
 * of its business, and an empty one counts as unset.
 *
 * @throws InvalidInput that names every wrong variable, what is wrong with it and what is accepted.
 */
export function readConfig(environment: Environment = process.env): Config {
  const settings = readSettings(environment);
  const { read } = settings;
  const config: Config = {
    host: read('HOST', hostName) ?? '127.0.0.1',
    port: read('PORT', whole(0, 65_535)) ?? 4000,
    dataDir: read('DATA_DIR', folder) ?? './data',
    databaseUrl: read('DATABASE_URL', server('postgresql', 'postgres')),
    redisUrl: read('REDIS_URL', server('redis', 'rediss')),
    adminKey: read('ADMIN_KEY', ownKey),
    demoKey: read('DEMO_KEY', ownKey),
    encryptionKey: read('ENCRYPTION_KEY', encryptionKey),
    platformFeeRate: read('PLATFORM_FEE_RATE', rate) ?? parsePrice('0.05'),
    publicUrl: read('PUBLIC_URL', httpAddress),
    ollamaBaseUrl: read('OLLAMA_BASE_URL', httpAddress),
    stripe: readStripe(settings),
    publicTrafficFloor: read('PUBLIC_TRAFFIC_FLOOR', whole(1, 1_000_000)) ?? 1,
    anonymousSocketsPerAddress: read('ANONYMOUS_SOCKETS_PER_ADDRESS', whole(0, 1_000_000)) ?? 50,
    anonymousFeedsPerAddress: read('ANONYMOUS_FEEDS_PER_ADDRESS', whole(0, 1_000_000)) ?? 10,
    shutdownGraceMs: read('SHUTDOWN_GRACE_MS', whole(0, 3_600_000)) ?? 30_000,
    allowedOrigins: read('ALLOWED_ORIGINS', origins) ?? [],
    trustProxy: read('TRUST_PROXY', yesOrNo) ?? false,
    mail: settings.together<MailSettings>({
      smtpUrl: ['SMTP_URL', server('smtp', 'smtps')],
      from: ['MAIL_FROM', mailbox],
    }),
    github: settings.together(oauth('GITHUB')),
    google: settings.together(oauth('GOOGLE')),
    oidc: settings.together<OidcSettings>({
      ...oauth('OIDC'),
      issuer: ['OIDC_ISSUER', httpAddress],
    }),
    logLevel: read('LOG_LEVEL', oneOf(logLevels)) ?? 'info',
    otlpEndpoint: read('OTEL_EXPORTER_OTLP_ENDPOINT', httpAddress),
    ...catalogVariables({ ...environment }),
  };
  settings.require('ENCRYPTION_KEY', 'DATABASE_URL');
  if (config.demoKey && config.demoKey.reveal() === config.adminKey?.reveal()) {
    settings.reject(
      'DEMO_KEY',
      'It is the same as ADMIN_KEY; whoever tries the demo would own it all.',
    );
  }
  settings.refuseIfWrong();
  return Object.freeze(config);
}

function readStripe({ together, read }: Settings): StripeSettings | null {
  const apiBase = read('STRIPE_API_BASE', httpAddress) ?? 'https://api.stripe.com';
  const keys = together<Omit<StripeSettings, 'apiBase'>>({
    secretKey: ['STRIPE_SECRET_KEY', credential],
    webhookSecret: ['STRIPE_WEBHOOK_SECRET', credential],
  });
  return keys && Object.freeze({ ...keys, apiBase });
}

const oauth = (provider: string) =>
  ({
    clientId: [`${provider}_CLIENT_ID`, clientId],
    clientSecret: [`${provider}_CLIENT_SECRET`, credential],
  }) as const;

/**
 * The variables whose names stand in the catalog. A line end that a file left at the end of one is
 * cut off.
 */
function catalogVariables(environment: Environment): CatalogVariables {
  const text = (name: string) => environment[name]?.trim() || null;
  return {
    secretFromEnvironment(name) {
      const given = text(name);
      return given === null ? null : new Secret(given);
    },
    addressFromEnvironment(name) {
      const settings = readSettings({ [name]: text(name) ?? undefined });
      const address = settings.read(name, httpAddress);
      settings.refuseIfWrong();
      return address;
    },
  };
}
