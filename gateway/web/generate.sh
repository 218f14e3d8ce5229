#!/bin/sh
# Generates TypeScript messages and service descriptors from proto/ into gen/. Run by npm, which puts protoc-gen-es on
# the PATH.
set -eu
cd "$(dirname "$0")"
rm -rf gen
mkdir gen
protoc -I ../../proto --es_out=gen --es_opt=target=ts,import_extension=js \
  google/rpc/error_details.proto \
  kefu/options.proto \
  kefu/common/v1/entry.proto kefu/common/v1/money.proto \
  kefu/gateway/v1/agent.proto \
  kefu/gateway/v1/auth.proto \
  kefu/gateway/v1/buyer.proto \
  kefu/gateway/v1/session.proto
