// The directory's states as stored bytes and back. Records of an older schema version are upgraded
// when read. Errors of Decode: DATA_LOSS BAD_RECORD; FAILED_PRECONDITION RECORD_TOO_NEW: written
// by a later release.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "gateway/directory/domain/agent.h"
#include "gateway/directory/domain/api_key.h"
#include "gateway/directory/domain/person.h"
#include "gateway/directory/domain/shop.h"
#include "proto/kefu/options.pb.h"

namespace kefu::gateway::directory {

// What the installation's list says of a shop.
struct ShopEntry {
  std::string display_name;
  std::vector<std::string> origins;
  TimePoint create_time;
  bool operator==(const ShopEntry&) const = default;
};

std::string Encode(const Shop& shop);
std::string Encode(const ShopEntry& entry);
std::string Encode(const Person& person);
std::string Encode(const Agent& agent);
std::string Encode(const ApiKey& key);

template <class State>
absl::StatusOr<State> Decode(std::string_view bytes);
template <>
absl::StatusOr<Shop> Decode<Shop>(std::string_view bytes);
template <>
absl::StatusOr<ShopEntry> Decode<ShopEntry>(std::string_view bytes);
template <>
absl::StatusOr<Person> Decode<Person>(std::string_view bytes);
template <>
absl::StatusOr<Agent> Decode<Agent>(std::string_view bytes);
template <>
absl::StatusOr<ApiKey> Decode<ApiKey>(std::string_view bytes);

Role ToRole(StaffRole role);
// INVALID_FIELD for roles that are not for staff.
absl::StatusOr<StaffRole> ToStaffRole(std::string_view field, Role role);

kefu::Scope ToScope(Scope scope);
// A kefu::Scope; INVALID_FIELD for what cannot be granted.
absl::StatusOr<Scope> ToGrantedScope(std::string_view field, int scope);

}  // namespace kefu::gateway::directory
