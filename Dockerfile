# Stage one: the locked dependencies first, the source last, so that a change of source rebuilds little.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# What the bot runs on, in a folder of its own that stage two takes as it is.
COPY requirements.lock ./
RUN python -m venv --without-pip /srv/posbot \
    && pip --python /srv/posbot install --require-hashes -r requirements.lock

# What builds the wheel: hatchling, from the same kind of locked file. It stays in this stage.
COPY requirements-dev.lock ./
RUN pip install --require-hashes -r requirements-dev.lock

COPY LICENSE README.md pyproject.toml ./
COPY knowledge ./knowledge
COPY bot ./bot
RUN python -m hatchling build -t wheel -d dist \
    && pip --python /srv/posbot install --no-deps --no-index dist/*.whl

# Stage two: Python, the folder made above, and a user who may write nothing but /data.
FROM python:3.13-slim

ARG REVISION=unknown
LABEL org.opencontainers.image.title="posbot" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=build /srv/posbot /srv/posbot
RUN install -d -o 10001 -g 10001 /data

ENV PATH="/srv/posbot/bin:${PATH}" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    POSBOT_HOST=0.0.0.0 \
    DATABASE_URL=sqlite+aiosqlite:////data/posbot.db
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["posbot", "doctor", "--probe"]
ENTRYPOINT ["posbot"]
CMD ["serve"]
