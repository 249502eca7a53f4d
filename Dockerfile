# Ebbgate by itself: `docker build -t ebbgate .`; docs/compose.md says how to run it.
ARG BASE=debian:12.12-slim

# What the program needs to run. The build goes on from here, so that both have the same libraries.
FROM ${BASE} AS runtime
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates libcpp-httplib0.11 libprometheus-cpp-core1.0 libsimdjson14 \
        libsqlite3-0 libssl3 libyaml-cpp0.7 \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*

FROM runtime AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        cmake g++ ninja-build pkg-config \
        libcli11-dev libcpp-httplib-dev libsimdjson-dev libsqlite3-dev \
        libsqlitecpp-dev libssl-dev libyaml-cpp-dev nlohmann-json3-dev prometheus-cpp-dev
WORKDIR /source
COPY . .
# There is no git here to ask: --build-arg REVISION="$(git rev-parse --short=12 HEAD)"
ARG REVISION=unknown
RUN cmake -G Ninja -B /build -DCMAKE_BUILD_TYPE=Release -DEBBGATE_TESTS=OFF \
        -DEBBGATE_REVISION="${REVISION}" -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 \
    && cmake --build /build --target ebbgate

FROM runtime
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Ebbgate" \
      org.opencontainers.image.description="Updates workloads when their configuration changes, never faster than they can bear" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# By its number, so that an orchestrator sees that it is not root. A new volume takes the folder's owner.
RUN install -d -o 65532 -g 65532 -m 0750 /var/lib/ebbgate && install -d /etc/ebbgate
COPY LICENSE /usr/share/doc/ebbgate/LICENSE
COPY --from=build /build/ebbgate /usr/local/bin/ebbgate
USER 65532:65532
# Commands begin beside the configuration, as paths in it do.
WORKDIR /etc/ebbgate
VOLUME /var/lib/ebbgate
# These beat the configuration file: what must be remembered stays in the volume.
ENV EBBGATE_DATABASE=/var/lib/ebbgate/ebbgate.db \
    EBBGATE_LISTEN=0.0.0.0:9911
EXPOSE 9911
STOPSIGNAL SIGTERM
# Asks /healthz, with nothing but the shell: the loop turns.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/${EBBGATE_LISTEN##*:} && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["ebbgate"]
CMD ["run", "--config", "/etc/ebbgate/ebbgate.yaml"]
