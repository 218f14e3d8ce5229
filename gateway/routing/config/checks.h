// What the parts of the validation share. Pure.
#pragma once

#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "gateway/routing/config/validate.h"
#include "gateway/routing/config/violations.h"
#include "proto/kefu/gateway/v1/routing_config.pb.h"

namespace kefu::gateway::routing::config {

inline constexpr int64_t kSecondMs = 1000, kMinuteMs = 60 * kSecondMs, kHourMs = 60 * kMinuteMs;

// What parts of the document may refer to.
struct Names {
  std::set<std::string> skills, languages, groups, hours;
};

bool IsConfigId(std::string_view text);
bool IsLanguageTag(std::string_view text);

// An id that stands for itself and is new in `seen`, to which it is added.
void CheckNewId(const std::string& id, const std::string& path, std::set<std::string>* seen,
                Violations* violations);
// An id that is in `known`. `what`: "skill".
void CheckKnown(const std::string& id, const std::set<std::string>& known, std::string_view what,
                const std::string& path, Violations* violations);
void CheckName(const std::string& text, const std::string& path, Violations* violations);
// Absent is fine.
void CheckDuration(bool present, const google::protobuf::Duration& duration, int64_t least_ms,
                   int64_t most_ms, const std::string& path, Violations* violations);
void CheckText(const v1::LocalizedText& text, const v1::RoutingConfig& config,
               const std::string& path, Violations* violations);

// groups[…], with what leads from one to another.
void CheckGroups(const v1::RoutingConfig& config, const Names& names,
                 const AgentExists& agent_exists, Violations* violations);

}  // namespace kefu::gateway::routing::config
