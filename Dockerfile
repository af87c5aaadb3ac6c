# syntax=docker/dockerfile:1

# One image for web, worker, migrate and sandbox. The base is pinned by tag: where this was written no registry could be
# asked for a digest. Add `@sha256:…` to both FROM lines from the registry that you build with.

FROM python:3.13-slim AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

WORKDIR /build

# Without a pip of its own: the base's pip fills it, and none reaches the service.
RUN python -m venv --without-pip /opt/shala

# Wheels only: nothing is compiled here, so no stage needs a compiler.
COPY requirements.lock ./
RUN pip --python /opt/shala/bin/python install --only-binary=:all: --require-hashes -r requirements.lock

COPY pyproject.toml README.md ./
COPY src ./src
# Without build isolation, so that the build backend is the one of the lock and its hashes.
# The bytecode is compiled here since the root file system is read-only later; by content, since a copy moves times.
RUN pip --python /opt/shala/bin/python install --no-deps --no-build-isolation --no-compile . \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/shala/lib


FROM python:3.13-slim

ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown

LABEL org.opencontainers.image.title="shala" \
      org.opencontainers.image.description="Backend of a mobile school" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.licenses="LicenseRef-Proprietary"

# The data directory exists, and is the service's, so that a fresh volume mounted over it is so too. Uploads pass
# through its tmp: a tmpfs would hold them in memory.
RUN groupadd --gid 10001 shala \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --shell /usr/sbin/nologin shala \
    && install --directory --owner 10001 --group 10001 --mode 0750 /var/lib/shala /var/lib/shala/tmp \
    && python -m pip uninstall --yes pip

COPY --from=builder /opt/shala /opt/shala

ENV PATH="/opt/shala/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONFAULTHANDLER=1 \
    TMPDIR=/var/lib/shala/tmp \
    SHALA_HOST=0.0.0.0 \
    SHALA_DATA_DIR=/var/lib/shala

WORKDIR /var/lib/shala
USER 10001:10001
EXPOSE 8000

# The service refuses hosts that SHALA_ALLOWED_HOSTS does not name, so the probe says the first that it does.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", "\
import os, urllib.request as web; \
host = os.environ.get('SHALA_ALLOWED_HOSTS', '*').split(',')[0].strip().replace('*', 'localhost'); \
port = os.environ.get('SHALA_PORT', '8000'); \
ask = web.Request(f'http://127.0.0.1:{port}/health/live/', headers={'Host': host}); \
web.build_opener(web.ProxyHandler({})).open(ask, timeout=4)"]

ENTRYPOINT ["shala"]
CMD ["web"]
