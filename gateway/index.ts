export { createGateway, type Gateway } from './create-gateway.ts';
export { type GatewayOptions } from './gateway-options.ts';
export { defaultLimits, type GatewayLimits } from './limits.ts';
