# One image for each process: docker build --target api . (or worker, notifier, setup). Compose builds all of them.
# Another Node 24 on Debian 13, or one pinned by its digest: --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:24-trixie-slim

# --- What is only needed to build ------------------------------------------------------------------------------------
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install script is needed: bcrypt brings its binary, and the embedded PostgreSQL is for tests.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json ./
COPY apps ./apps
COPY libs ./libs
RUN npm run build \
  # Where the checkout was readable by its owner alone, the files would be, too.
  && chmod -R a+rX dist

# --- What every process needs beside its own code --------------------------------------------------------------------
FROM ${NODE_IMAGE} AS production
WORKDIR /app
COPY package.json package-lock.json ./
# Optional is the TypeScript compiler, for a part of Swagger's that only a build would use. Source maps and declarations
# are almost half of what packages bring, and no process reads them.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.?ts' \) -delete
COPY LICENSE ./
COPY deploy/health-check.mjs ./deploy/
RUN rm package-lock.json && chmod -R a+rX LICENSE package.json deploy

FROM ${NODE_IMAGE} AS base
LABEL org.opencontainers.image.title="video-to-mp3" org.opencontainers.image.licenses="MIT"
# The files below belong to root: the processes can read them, and write nothing but the worker's folder.
ENV NODE_ENV=production ENV=production HOST=0.0.0.0
WORKDIR /app

# From the source packages of this Debian, so that each build has their security updates: see docs/operations.md.
FROM ${NODE_IMAGE} AS lean-ffmpeg
RUN apt-get update \
  && apt-get install --yes --no-install-recommends build-essential \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY tools/lean-ffmpeg ./tools/lean-ffmpeg
RUN node tools/lean-ffmpeg/build.mjs --output /opt/lean-ffmpeg

# Below the worker's code, so that a release does not ship ffmpeg again. The sandbox needs unshare, setpriv and prlimit,
# which Debian's base has; without a filter for system calls nothing would replace the namespaces that containers refuse.
FROM base AS base-with-ffmpeg
COPY --from=lean-ffmpeg /opt/lean-ffmpeg /opt/lean-ffmpeg
ENV FFMPEG_PATH=/opt/lean-ffmpeg
RUN /opt/lean-ffmpeg/ffmpeg -version \
  && unshare --version && prlimit --version && setpriv --help | grep -q seccomp-filter \
  && install -d -o node -g node -m 700 /work

# --- The images ------------------------------------------------------------------------------------------------------
FROM base AS setup
COPY --from=production /app ./
COPY --from=build /app/dist/apps/setup ./dist/apps/setup
USER 1000:1000
ENTRYPOINT ["node", "--enable-source-maps", "dist/apps/setup/apps/setup/src/main.js"]

FROM base-with-ffmpeg AS worker
ENV HEALTH_PORT=8080 WORK_DIRECTORY=/work
COPY --from=production /app ./
COPY --from=build /app/dist/apps/worker ./dist/apps/worker
USER 1000:1000
EXPOSE 8080
VOLUME /work
ENTRYPOINT ["node", "--enable-source-maps", "dist/apps/worker/apps/worker/src/main.js"]

FROM base AS notifier
ENV HEALTH_PORT=8080
COPY --from=production /app ./
COPY --from=build /app/dist/apps/notifier ./dist/apps/notifier
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["node", "--enable-source-maps", "dist/apps/notifier/apps/notifier/src/main.js"]

FROM base AS api
ENV PORT=3000
COPY --from=production /app ./
COPY --from=build /app/dist/apps/api ./dist/apps/api
USER 1000:1000
EXPOSE 3000
ENTRYPOINT ["node", "--enable-source-maps", "dist/apps/api/apps/api/src/main.js"]
