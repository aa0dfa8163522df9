export { type Client, type ClientOptions, createClient } from './client.ts';
export { type FollowOptions } from './follow.ts';
export { type WebSocketConstructor, type WebSocketLike } from './web-socket.ts';
