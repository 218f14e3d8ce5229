// What a session is about, before anybody has read it: the buyer's own choice, else the page that
// the buyer asked from. Pure.
#pragma once

#include <string_view>

#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/gateway/v1/session.pb.h"

namespace kefu::gateway {

// Of several things on a page the one that comes last in a purchase: parcel, order, product.
v1::Triage TriageOf(const common::v1::Opening& opening);

// As routing configurations and signatures name it: "member", "vip", "urgent"; empty for normal.
std::string_view NameOf(common::v1::Priority priority);

}  // namespace kefu::gateway
