# otelcol-plus: one static binary on an empty image.
#
#   docker build -t otelcol-plus .                            compiles everything
#   docker build -t otelcol-plus --build-arg BINARY=prebuilt . takes bin/image/ as `deploy/image.sh` lays it out
#
# Either way the configurations inside have been accepted by the binary inside, or there is no image.
ARG GO_VERSION=1.26.8
ARG BINARY=compiled

FROM --platform=$BUILDPLATFORM docker.io/library/golang:${GO_VERSION}-bookworm AS compiled
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH make build BIN=/image/otelcol-plus
RUN mkdir -p /image/etc/ssl/certs /image/var/lib/otelcol-plus \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/

FROM scratch AS prebuilt
COPY bin/image/ /image/

FROM ${BINARY} AS binary

FROM scratch AS checked
COPY --from=binary /image/otelcol-plus /otelcol-plus
COPY configs/agent.yaml configs/gateway.yaml configs/standalone.yaml /etc/otelcol-plus/
RUN ["/otelcol-plus", "validate", "--config", "/etc/otelcol-plus/agent.yaml"]
RUN ["/otelcol-plus", "validate", "--config", "/etc/otelcol-plus/gateway.yaml"]
RUN ["/otelcol-plus", "validate", "--config", "/etc/otelcol-plus/standalone.yaml"]

FROM scratch
COPY --from=binary /image/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# The only place it writes to: queue and profiles. Mount a volume to keep them.
COPY --from=binary --chown=10001:10001 /image/var/lib/otelcol-plus /var/lib/otelcol-plus
COPY LICENSE /LICENSE
COPY --from=checked /etc/otelcol-plus/ /etc/otelcol-plus/
COPY --from=binary /image/otelcol-plus /otelcol-plus
# Loopback would be the container's own: nobody could reach it.
ENV OTELPLUS_LISTEN_HOST=0.0.0.0 OTELPLUS_DATA_DIR=/var/lib/otelcol-plus
# Not root. To profile the host run it as user 0 with the capabilities PERFMON and SYS_PTRACE, in the host's PID namespace.
USER 10001:10001
EXPOSE 4317 4318 4319 4321 13133 13134
ENTRYPOINT ["/otelcol-plus"]
CMD ["--config", "/etc/otelcol-plus/agent.yaml"]
