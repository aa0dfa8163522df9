import { surroundings } from '../app/doctor/surroundings.ts';
import { stopOwnEngine } from './setup/own-engine-process.ts';

const stopped = await stopOwnEngine(surroundings(process.env).cacheDir, AbortSignal.timeout(60_000));
console.error(stopped ? 'the engine that set-up started has been stopped' : 'set-up has no engine running');
