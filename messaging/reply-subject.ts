/** First tokens of our own subjects and of the server's: an answer sent there would be a forged message of ours. */
const reserved: readonly string[] = [
  ...['tasks', 'signals', 'outbox', 'events', 'dead', 'live', 'query'],
  ...['schedule', 'taskstate', 'taskcontrol', 'taskkeys'],
];

/** Whether a subject that a stranger gave us as `replyTo` may be published to. */
export function isSafeReplyTo(subject: string): boolean {
  if (subject.length > 256 || !/^[\x21-\x7e]+$/.test(subject) || /[*>]/.test(subject)) return false;
  const tokens = subject.split('.');
  const [first = ''] = tokens;
  return tokens.every((token) => token !== '') && !first.startsWith('$') && !reserved.includes(first);
}
