// Small things that stand in requests, headers and pushes: ids, amounts, addresses, times, forms.
#include <string>

#include "gateway/edge/peer_address.h"
#include "services/common/base/form.h"
#include "services/common/base/ids.h"
#include "services/common/base/mask.h"
#include "services/common/base/money.h"
#include "services/common/base/parcel.h"
#include "services/common/base/text.h"
#include "services/common/base/trace.h"
#include "services/logistics/domain/fields.h"
#include "services/logistics/domain/source_time.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

template <class Id>
void TryId(std::string_view text) {
  const auto id = Id::Parse(text);
  Expect(!id.ok() || id->str() == text, "an id has one spelling");
}

void Ids(std::string_view text) {
  TryId<ShopId>(text);
  TryId<BuyerId>(text);
  TryId<SessionId>(text);
  TryId<CaseId>(text);
  const auto session = SessionId::Parse(text);
  Expect(!session.ok() || SessionId(session->conversation(), session->ordinal()) == *session,
         "a session's id is made of its parts");
}

void Amount(std::string_view text) {
  for (const char* currency : {"JPY", "CNY", "KWD"}) {
    const auto money = ParseMoney("amount", text, currency);
    if (!money.ok()) continue;
    const auto again = ParseMoney("amount", FormatMoney(*money), currency);
    Expect(again.ok() && *again == *money, "an amount comes back");
  }
}

void Address(std::string_view text) {
  const auto address = gateway::ParseAddress(text);
  if (address) {
    Expect(gateway::ParseAddress(gateway::FormatAddress(*address)) == address,
           "an address comes back");
  }
  (void)gateway::AddressOfGrpcPeer(text);
  static const auto proxies = gateway::TrustedProxies::Parse({"10.0.0.0/8", "::1"}).value();
  Expect(proxies.ClientOf("192.0.2.1", text) == "192.0.2.1", "strangers are not believed");
  Expect(gateway::ParseAddress(proxies.ClientOf("10.0.0.1", text)).has_value(),
         "a client has an address");
  (void)gateway::TrustedProxies::Parse({std::string(text)}).ok();
}

void Time(std::string_view text) {
  const auto time = logistics::ParseSourceTime(text, logistics::kShanghaiOffsetMs);
  Expect(!time || (time->ms >= 0 && time->ms <= 253'402'300'799'999), "times are of 1970 to 9999");
}

void Form(std::string_view text) {
  (void)FormField(text, "param");
  std::string encoded;
  for (const char c : text) {
    encoded += '%';
    encoded += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    encoded += "0123456789ABCDEF"[c & 15];
  }
  Expect(FormDecode(encoded) == std::string(text), "a form's field comes back");
}

void Words(std::string_view text) {
  const std::string phone = MaskPhone(text);
  Expect(MaskPhone(phone) == phone, "a masked number is masked once");
  Expect(PhoneTail(phone) == PhoneTail(text), "a number and its mask have one tail");
  Expect(MaskName(MaskName(text)) == MaskName(text), "a masked name is masked once");
  const std::string trace = TraceparentOrNew(text);
  Expect(TraceparentOrNew(trace) == trace, "a trace is kept");
  const std::string tidy = logistics::Tidy(text, 20);
  Expect(tidy.size() <= 20 && (IsCleanUtf8(tidy) || !IsCleanUtf8(text)), "tidy text is short");
  const auto number = NormalTrackingNumber("number", text);
  Expect(!number.ok() || *NormalTrackingNumber("number", *number) == *number,
         "a normal number is normal");
}

}  // namespace

void Try(std::string_view input) {
  const auto [kind, text] = Choose(input, 6);
  if (kind == 0) Ids(text);
  if (kind == 1) Amount(text);
  if (kind == 2) Address(text);
  if (kind == 3) Time(text);
  if (kind == 4) Form(text);
  if (kind == 5) Words(text);
}

}  // namespace kefu::fuzz
