import type { Config } from '#config';

/** Where this server is reached, and from which pages its cookies may be used. */
export class Site {
  readonly #config: Pick<Config, 'host' | 'port' | 'publicUrl' | 'allowedOrigins'>;
  #port: number;

  constructor(config: Pick<Config, 'host' | 'port' | 'publicUrl' | 'allowedOrigins'>) {
    this.#config = config;
    this.#port = config.port;
  }

  /** PORT=0 takes a free one, which is known from here on. */
  listening(port: number): void {
    this.#port = port;
  }

  get url(): string {
    return this.#config.publicUrl ?? `http://${this.#config.host}:${this.#port}`;
  }

  /** Without a PUBLIC_URL the owner of the machine may call it by any of its own names. */
  get origins(): readonly string[] {
    const { publicUrl, allowedOrigins } = this.#config;
    const own = publicUrl ? [publicUrl] : [this.url, ...this.#loopback()];
    return [...own.map((address) => new URL(address).origin), ...allowedOrigins];
  }

  #loopback(): string[] {
    return ['127.0.0.1', 'localhost', '[::1]'].map((name) => `http://${name}:${this.#port}`);
  }
}
