/**
 * `fetch` that shows every byte of the response body to `onBytes`. The SDK swallows keep-alive comments and buffers a line
 * until it ends; only down here can liveness be seen and size be bounded. Redirects are handed back, not followed: the
 * API key goes to the configured address and nowhere else.
 */
export function tappedFetch(onBytes: (count: number) => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' });
    if (response.body === null) return response;
    const watched = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          onBytes(chunk.byteLength);
          controller.enqueue(chunk);
        },
      }),
    );
    const { status, statusText, headers } = response;
    return new Response(watched, { status, statusText, headers });
  };
}
