#!/usr/bin/env bash
# Builds the container image otelcol-plus:VERSION with whichever of buildah, podman and docker there is.
#
#   deploy/image.sh             packs bin/otelcol-plus as `make build` left it
#   IMAGE=registry/name:tag     another name
#   SOURCE=compiled             compiles inside the build instead (needs the golang image; builds for other platforms too)
#   ENGINE=docker               a certain engine
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^  version: *//p' builder-config.yaml)
image=${IMAGE:-otelcol-plus:$version}
source=${SOURCE:-prebuilt}

engine=${ENGINE:-}
for candidate in buildah podman docker; do
  [ -n "$engine" ] || ! command -v "$candidate" >/dev/null || engine=$candidate
done
if [ -z "$engine" ]; then
  echo "make image: needs buildah, podman or docker, and finds none of them" >&2
  exit 1
fi

# The files of the image that do not come from the repository, laid out as they will lie there.
stage=bin/image
rm -rf "$stage"
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/etc/ssl/certs" "$stage/var/lib/otelcol-plus"
if [ "$source" = prebuilt ]; then
  binary=$(make -s print-binary)
  if [ ! -x "$binary" ]; then
    echo "make image: no $binary: run \`make build\`" >&2
    exit 1
  fi
  cp "$binary" "$stage/otelcol-plus"
  for certs in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    [ ! -s "$certs" ] || { cp -L "$certs" "$stage/etc/ssl/certs/ca-certificates.crt"; break; }
  done
  if [ ! -s "$stage/etc/ssl/certs/ca-certificates.crt" ]; then
    echo "make image: no CA certificates found on this machine: set SSL_CERT_FILE" >&2
    exit 1
  fi
fi

args=(--build-arg "BINARY=$source" -t "$image")
case $engine in
  # chroot needs no privileges beyond those of the build itself.
  buildah) buildah bud --isolation "${BUILDAH_ISOLATION:-chroot}" "${args[@]}" . ;;
  *) "$engine" build "${args[@]}" . ;;
esac
echo "built $image with $engine"
