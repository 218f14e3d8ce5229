// What the gateway stores of shops, people, agents and keys.
#include "gateway/directory/storage/records.h"
#include "tests/fuzz/record.h"

namespace kefu::fuzz {
namespace {

namespace directory = gateway::directory;

template <class State>
void TryState(std::string_view bytes) {
  ExpectRoundTrip(
      bytes, [](std::string_view stored) { return directory::Decode<State>(stored); },
      [](const State& state) { return directory::Encode(state); });
}

}  // namespace

void Try(std::string_view input) {
  const auto [kind, bytes] = Choose(input, 5);
  if (kind == 0) TryState<directory::Shop>(bytes);
  if (kind == 1) TryState<directory::ShopEntry>(bytes);
  if (kind == 2) TryState<directory::Person>(bytes);
  if (kind == 3) TryState<directory::Agent>(bytes);
  if (kind == 4) TryState<directory::ApiKey>(bytes);
}

}  // namespace kefu::fuzz
