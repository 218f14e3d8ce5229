#include "gateway/directory/domain/person.h"

#include <algorithm>

#include "gateway/directory/domain/fields.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

constexpr size_t kMaxShops = 200;

std::vector<DirectoryEvent> Changed(const PersonId& person) { return {{"person", person.str()}}; }

}  // namespace

absl::Status NoSuchPerson() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_PERSON",
               "Nobody has this login; create the person first.");
}

absl::StatusOr<Decision<Person>> Apply(const std::optional<Person>& person,
                                       const CreatePerson& command, TimePoint now) {
  if (person) {
    return Error(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                 "The request id was used for another person; take a new one.");
  }
  KEFU_RETURN_IF_ERROR(CheckLogin("login", command.login));
  KEFU_RETURN_IF_ERROR(CheckDisplayName("display_name", command.display_name, true));
  Person next{.login = command.login,
              .display_name = command.display_name,
              .password_hash = command.password_hash,
              .create_time = now};
  return Decision<Person>{std::move(next), Changed(command.person)};
}

absl::StatusOr<Decision<Person>> Apply(const std::optional<Person>& person,
                                       const SetPersonDisabled& command, TimePoint) {
  if (!person) return NoSuchPerson();
  Person next = *person;
  if (command.disabled && !next.disabled) ++next.credentials_version;
  next.disabled = command.disabled;
  return Decision<Person>{std::move(next), Changed(command.person)};
}

absl::StatusOr<Decision<Person>> Apply(const std::optional<Person>& person,
                                       const ChangePassword& command, TimePoint) {
  if (!person) return NoSuchPerson();
  if (person->password_hash != command.verified_hash) {
    return Error(absl::StatusCode::kAborted, "PASSWORD_CHANGED",
                 "The password was changed meanwhile; try again with the present one.");
  }
  Person next = *person;
  next.password_hash = command.new_hash;
  ++next.credentials_version;
  return Decision<Person>{std::move(next), Changed(command.person)};
}

absl::StatusOr<Decision<Person>> Apply(const std::optional<Person>& person,
                                       const AddMembership& command, TimePoint) {
  if (!person) return NoSuchPerson();
  const auto& memberships = person->memberships;
  if (std::find(memberships.begin(), memberships.end(), command.membership) != memberships.end()) {
    return Decision<Person>{*person, {}};
  }
  if (memberships.size() >= kMaxShops) {
    return Error(absl::StatusCode::kFailedPrecondition, "TOO_MANY_SHOPS",
                 "A person can be an agent in 200 shops.");
  }
  Person next = *person;
  next.memberships.push_back(command.membership);
  return Decision<Person>{std::move(next), Changed(command.person)};
}

}  // namespace kefu::gateway::directory
