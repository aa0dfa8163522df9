import { ApiError } from '../../contracts/api.ts';

/** Every route answers its errors in one shape. */
export const errorResponses = { '4xx': ApiError, '5xx': ApiError } as const;
