# The slow, rarely changing half: Debian's Python with numpy and pandas. Built once, tagged by a hash of these files.
FROM debian:bookworm-slim AS packages
COPY packages.txt strip.sh /tmp/recipe/
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive xargs -a /tmp/recipe/packages.txt apt-get install -y --no-install-recommends \
 && sh /tmp/recipe/strip.sh
# Flattened, so that what was stripped is in no layer at all.
FROM scratch
COPY --from=packages / /
ENV PATH=/usr/bin:/bin LANG=C.UTF-8
CMD ["python3"]
