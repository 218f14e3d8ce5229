// Entries, openings, names and archive segments of conversations as they are stored.
#include <vector>

#include "services/inquiries/storage/archive.h"
#include "services/inquiries/storage/records.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

namespace storage = inquiries::storage;
using inquiries::v1::AUDIENCE_BUYER;

const ConversationId& Conversation() {
  static const auto id = ConversationId::FromToken(std::string(26, 'c'));
  return id;
}

// The one that the corpus was sealed with (seeds.cc).
const seal::DataKey& Key() {
  static const seal::DataKey key{"12345678", seal::Secret::From(std::string(32, 'k'))};
  return key;
}

void Entry(std::string_view bytes) {
  const storage::StoredEntry stored{.seq = 7, .session = 1, .record = std::string(bytes)};
  const auto erased = storage::ToEntry(Conversation(), stored, nullptr, AUDIENCE_BUYER);
  Expect(!erased.ok() || (erased->redacted() && !erased->has_content()),
         "without its key an entry says nothing");
  const auto read = storage::ToEntry(Conversation(), stored, &Key(), AUDIENCE_BUYER);
  Expect(!read.ok() || erased.ok(), "whoever has the key reads no less");
  auto recalled = stored;
  recalled.recalled = true;
  const auto gone = storage::ToEntry(Conversation(), recalled, &Key(), AUDIENCE_BUYER);
  Expect(!gone.ok() || !gone->has_content(), "what was recalled says nothing");
}

void Opening(std::string_view bytes) {
  const auto opening = storage::DecodeOpening(bytes, Conversation(), &Key());
  if (!opening.ok()) return;
  const auto again = storage::DecodeOpening(storage::EncodeOpening(*opening, Conversation(), Key()),
                                            Conversation(), &Key());
  Expect(again.ok() && storage::DeterministicBytes(*again) == storage::DeterministicBytes(*opening),
         "an opening comes back");
}

void Name(std::string_view bytes) {
  const auto name = storage::DecodeName(bytes, Conversation(), &Key());
  if (!name.ok()) return;
  const auto again = storage::DecodeName(storage::EncodeName(*name, Conversation(), Key()),
                                         Conversation(), &Key());
  Expect(again.ok() && *again == *name, "a name comes back");
}

void Segment(std::string_view bytes) {
  const auto entries = storage::DecodeSegment(bytes, Conversation());
  if (!entries.ok()) return;
  const auto again =
      storage::DecodeSegment(storage::EncodeSegment(Conversation(), *entries), Conversation());
  Expect(again.ok() && again->size() == entries->size(), "a segment comes back");
  for (size_t i = 0; i < entries->size(); ++i)
    Expect((*again)[i].record == (*entries)[i].record && (*again)[i].seq == (*entries)[i].seq,
           "a segment's entries come back");
}

}  // namespace

void Try(std::string_view input) {
  const auto [kind, bytes] = Choose(input, 4);
  if (kind == 0) Entry(bytes);
  if (kind == 1) Opening(bytes);
  if (kind == 2) Name(bytes);
  if (kind == 3) Segment(bytes);
}

}  // namespace kefu::fuzz
