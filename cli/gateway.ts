import type { Command } from 'commander';
import { WebSocket } from 'ws';
import { type Client, createClient } from '../contracts/client/index.ts';

/** The worker that is spoken to: `--url`, else TRADEWRIGHT_GATEWAY_URL, else this machine's. */
export function gatewayOf(command: Command): Client {
  const { url } = command.optsWithGlobals<{ url: string }>();
  return createClient({ baseUrl: url, WebSocket, token: process.env['TRADEWRIGHT_GATEWAY_TOKEN'] });
}
