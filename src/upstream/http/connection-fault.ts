import { UpstreamFault } from '../upstream-fault.ts';

/** How far an attempt had come when its connection failed. */
export interface ConnectionState {
  readonly connected: boolean;
  readonly httpStatus?: number;
}

/** What Node says when a certificate or the handshake is at fault (OpenSSL's names among them). */
const tlsCodes =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO)/;

/**
 * The fault for a connection that is lost; null: the other side closed it. Before the connection
 * stands the provider could not be reached; after it, whatever ends the connection early has cut
 * the answer; what is not HTTP is malformed.
 */
export function connectionFault(error: Error | null, state: ConnectionState): UpstreamFault {
  const code = error && 'code' in error ? String(error.code) : '';
  const status = state.httpStatus === undefined ? {} : { httpStatus: state.httpStatus };
  const lost = state.connected ? 'CUT' : 'CONNECT';
  const failure =
    error instanceof UpstreamFault ? error.failure : tlsCodes.test(code) ? 'TLS' : lost;
  return new UpstreamFault({ failure, ...status, cause: error });
}
