export { startOfflineAuthor, type OfflineAuthor } from './offline-author.ts';
export { OFFLINE_MODEL } from './completion.ts';
