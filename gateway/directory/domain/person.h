// A person who signs in. The person's agents in shops are things of their own (agent.h). Pure.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/directory/domain/decision.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::directory {

struct Membership {
  ShopId shop;
  AgentId agent;
  bool operator==(const Membership&) const = default;
};

struct Person {
  std::string login;
  std::string display_name;
  std::string password_hash;
  bool disabled = false;
  // Rises when the person is disabled and with every new password: sign-ins of an older one are
  // void.
  uint64_t credentials_version = 1;
  std::vector<Membership> memberships;
  TimePoint create_time;
  bool operator==(const Person&) const = default;
};

struct CreatePerson {
  PersonId person;
  std::string login;
  std::string display_name;
  std::string password_hash;
};

struct SetPersonDisabled {
  PersonId person;
  bool disabled = false;
};

struct ChangePassword {
  PersonId person;
  // The hash against which the old password was verified.
  std::string verified_hash;
  std::string new_hash;
};

// The person became an agent there. Repeated: no change.
struct AddMembership {
  PersonId person;
  Membership membership;
};

// INVALID_FIELD; ALREADY_EXISTS REQUEST_ID_REUSED: the person is there, though its request is not
// remembered.
absl::StatusOr<Decision<Person>> Apply(const std::optional<Person>& person,
                                       const CreatePerson& command, TimePoint now);
// NOT_FOUND NO_SUCH_PERSON.
absl::StatusOr<Decision<Person>> Apply(const std::optional<Person>& person,
                                       const SetPersonDisabled& command, TimePoint now);
// NOT_FOUND NO_SUCH_PERSON; ABORTED PASSWORD_CHANGED: somebody changed it since it was verified.
absl::StatusOr<Decision<Person>> Apply(const std::optional<Person>& person,
                                       const ChangePassword& command, TimePoint now);
// NOT_FOUND NO_SUCH_PERSON; FAILED_PRECONDITION TOO_MANY_SHOPS beyond 200.
absl::StatusOr<Decision<Person>> Apply(const std::optional<Person>& person,
                                       const AddMembership& command, TimePoint now);

absl::Status NoSuchPerson();

}  // namespace kefu::gateway::directory
