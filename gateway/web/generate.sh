#!/bin/sh
# Generates TypeScript messages and service descriptors from proto/ into gen/. Run by npm, which puts protoc-gen-es on
# the PATH.
set -eu
cd "$(dirname "$0")"
rm -rf gen
mkdir gen
protoc -I ../../proto --es_out=gen --es_opt=target=ts,import_extension=js \
  google/rpc/error_details.proto google/rpc/status.proto \
  kefu/options.proto \
  kefu/common/v1/actor.proto kefu/common/v1/entry.proto kefu/common/v1/money.proto \
  kefu/after_sales/v1/service.proto kefu/logistics/v1/service.proto kefu/orders/v1/service.proto \
  kefu/records/v1/service.proto \
  kefu/gateway/v1/admin.proto \
  kefu/gateway/v1/agent.proto \
  kefu/gateway/v1/auth.proto \
  kefu/gateway/v1/board.proto \
  kefu/gateway/v1/buyer.proto \
  kefu/gateway/v1/one_look.proto \
  kefu/gateway/v1/routing_config.proto \
  kefu/gateway/v1/session.proto \
  kefu/gateway/v1/staffing.proto \
  kefu/gateway/v1/webhooks.proto \
  kefu/gateway/v1/what_if.proto
