import type { TaskId } from '../ids.ts';
import type { Lane } from '../lanes.ts';
import {
  DeadLetter,
  type DeadLetterListQuery,
  DeadLetterList,
  LaneAccepted,
  type PostPurgeDraft,
  type PostReplayAllDraft,
  type PostTaskDraft,
  type PostWordDraft,
  Purged,
  QueueStatus,
  Replayed,
  TaskAccepted,
  TaskCancelled,
  TaskRecord,
} from '../queue-api.ts';
import type { Call } from './http.ts';

/** Tasks, lanes and dead letters over the API. */
export interface QueueClient {
  addTask(task: PostTaskDraft): Promise<TaskAccepted>;
  /** @throws NOT_FOUND where nothing is kept of it */
  task(taskId: TaskId): Promise<TaskRecord>;
  cancelTask(taskId: TaskId, word?: PostWordDraft): Promise<TaskCancelled>;
  lanes(): Promise<QueueStatus>;
  pauseLane(lane: Lane, word?: PostWordDraft): Promise<LaneAccepted>;
  resumeLane(lane: Lane, word?: PostWordDraft): Promise<LaneAccepted>;
  deadLetters(query?: Partial<DeadLetterListQuery>): Promise<DeadLetterList>;
  deadLetter(streamSeq: number): Promise<DeadLetter>;
  replayDeadLetter(streamSeq: number, force?: boolean): Promise<Replayed>;
  replayDeadLetters(post?: PostReplayAllDraft): Promise<Replayed>;
  purgeDeadLetter(streamSeq: number): Promise<Purged>;
  purgeDeadLetters(post: PostPurgeDraft): Promise<Purged>;
}

export function queueClient(call: Call): QueueClient {
  const post = (path: string, body: unknown = {}) => ({ method: 'POST', path, body }) as const;
  const get = (path: string) => ({ method: 'GET', path }) as const;
  return {
    addTask: (task) => call(post('/v1/tasks', task), TaskAccepted),
    task: (taskId) => call(get(`/v1/tasks/${taskId}`), TaskRecord),
    cancelTask: (taskId, word) => call(post(`/v1/tasks/${taskId}/cancel`, word), TaskCancelled),
    lanes: () => call(get('/v1/lanes'), QueueStatus),
    pauseLane: (lane, word) => call(post(`/v1/lanes/${lane}/pause`, word), LaneAccepted),
    resumeLane: (lane, word) => call(post(`/v1/lanes/${lane}/resume`, word), LaneAccepted),
    deadLetters: (query = {}) => {
      const given = Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as [string, string]],
      );
      return call(get(`/v1/dead-letters?${new URLSearchParams(given).toString()}`), DeadLetterList);
    },
    deadLetter: (streamSeq) => call(get(`/v1/dead-letters/${streamSeq}`), DeadLetter),
    replayDeadLetter: (streamSeq, force = false) =>
      call(post(`/v1/dead-letters/${streamSeq}/replay`, { force }), Replayed),
    replayDeadLetters: (body = {}) => call(post('/v1/dead-letters/replay', body), Replayed),
    purgeDeadLetter: (streamSeq) => call(post(`/v1/dead-letters/${streamSeq}/purge`), Purged),
    purgeDeadLetters: (body) => call(post('/v1/dead-letters/purge', body), Purged),
  };
}
