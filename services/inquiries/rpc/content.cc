#include "services/inquiries/rpc/content.h"

#include <string>

#include "services/common/base/status.h"
#include "services/inquiries/domain/content_rules.h"

namespace kefu::inquiries::rpc {
namespace {

using common::v1::Content;
using common::v1::Sender;
using common::v1::SystemLine;
using domain::CheckRequiredText;
using domain::CheckText;
using domain::CheckUrl;

constexpr size_t kMaxLanguage = 35;

absl::Status CheckMoney(std::string_view field, const common::v1::Money& money) {
  return domain::CheckCurrency(std::string(field) + ".currency", money.currency());
}

absl::Status CheckOrder(const common::v1::OrderCard& card) {
  KEFU_RETURN_IF_ERROR(
      CheckRequiredText("content.order.order_number", card.order_number(), domain::kMaxReference));
  KEFU_RETURN_IF_ERROR(CheckText("content.order.title", card.title(), domain::kMaxTitle));
  KEFU_RETURN_IF_ERROR(CheckText("content.order.status", card.status(), domain::kMaxReference));
  if (card.has_total()) KEFU_RETURN_IF_ERROR(CheckMoney("content.order.total", card.total()));
  return CheckUrl("content.order.url", card.url());
}

absl::Status CheckProduct(const common::v1::ProductCard& card) {
  KEFU_RETURN_IF_ERROR(
      CheckRequiredText("content.product.product", card.product(), domain::kMaxReference));
  KEFU_RETURN_IF_ERROR(CheckText("content.product.title", card.title(), domain::kMaxTitle));
  if (card.has_price()) KEFU_RETURN_IF_ERROR(CheckMoney("content.product.price", card.price()));
  KEFU_RETURN_IF_ERROR(CheckUrl("content.product.url", card.url()));
  return CheckUrl("content.product.picture_url", card.picture_url());
}

absl::Status CheckParcel(const common::v1::ParcelCard& card) {
  KEFU_RETURN_IF_ERROR(CheckText("content.parcel.carrier", card.carrier(), domain::kMaxReference));
  KEFU_RETURN_IF_ERROR(CheckRequiredText("content.parcel.tracking_number", card.tracking_number(),
                                         domain::kMaxReference));
  KEFU_RETURN_IF_ERROR(CheckText("content.parcel.status", card.status(), domain::kMaxReference));
  return CheckUrl("content.parcel.url", card.url());
}

absl::Status CheckCase(const common::v1::CaseCard& card) {
  KEFU_RETURN_IF_ERROR(CheckRequiredText("content.case.case", card.case_(), domain::kMaxReference));
  KEFU_RETURN_IF_ERROR(
      CheckText("content.case.order_number", card.order_number(), domain::kMaxReference));
  KEFU_RETURN_IF_ERROR(CheckRequiredText("content.case.kind", card.kind(), domain::kMaxReference));
  KEFU_RETURN_IF_ERROR(
      CheckRequiredText("content.case.state", card.state(), domain::kMaxReference));
  if (!card.has_refund()) return absl::OkStatus();
  return CheckMoney("content.case.refund", card.refund());
}

absl::Status CheckRating(const common::v1::Rating& rating) {
  if (rating.stars() < 1 || rating.stars() > 5)
    return InvalidField("content.rating.stars", "must be 1 to 5");
  return CheckText("content.rating.comment", rating.comment(), domain::kMaxComment);
}

// Lines that somebody outside has to say; the others come with what they tell of.
bool IsSaidFromOutside(SystemLine::Kind kind) {
  switch (kind) {
    case SystemLine::KIND_WAITING_AGAIN:
    case SystemLine::KIND_NOTICE:
    case SystemLine::KIND_AUTO_REPLY:
    case SystemLine::KIND_PARKED:
    case SystemLine::KIND_OFFER_DECLINED:
    case SystemLine::KIND_HELD:
      return true;
    default:
      return false;
  }
}

// What the gateway's staff did among themselves.
bool IsForStaff(SystemLine::Kind kind) {
  return kind == SystemLine::KIND_OFFER_DECLINED || kind == SystemLine::KIND_HELD;
}

// Has a "text" of its own that is as long as a message.
bool HasText(SystemLine::Kind kind) {
  return kind == SystemLine::KIND_NOTICE || kind == SystemLine::KIND_AUTO_REPLY;
}

absl::Status CheckSystemLine(const SystemLine& line) {
  if (!IsSaidFromOutside(line.kind())) {
    return InvalidField("content.system.kind",
                        "must be a notice; the other lines come with what they tell of");
  }
  if (IsForStaff(line.kind()) && !line.staff_only()) {
    return InvalidField("content.system.staff_only", "must be set: buyers do not see such lines");
  }
  if (static_cast<size_t>(line.parameters_size()) > domain::kMaxParameters) {
    return InvalidField("content.system.parameters", "must have at most 16 elements");
  }
  for (const auto& [name, value] : line.parameters()) {
    const bool is_text = HasText(line.kind()) && name == "text";
    KEFU_RETURN_IF_ERROR(
        CheckRequiredText("content.system.parameters", name, domain::kMaxReference));
    KEFU_RETURN_IF_ERROR(CheckText("content.system.parameters", value,
                                   is_text ? domain::kMaxBody : domain::kMaxParameter));
  }
  if (!HasText(line.kind())) return absl::OkStatus();
  const auto text = line.parameters().find("text");
  if (text == line.parameters().end() || text->second.empty()) {
    return InvalidField("content.system.parameters", "must have a \"text\" that is not empty");
  }
  return absl::OkStatus();
}

absl::Status CheckMaySend(const Content& content, Sender::Kind sender) {
  if (content.has_note() && sender != Sender::KIND_AGENT) {
    return InvalidField("content.note", "only agents write internal notes");
  }
  if (content.has_system() && sender != Sender::KIND_SYSTEM) {
    return InvalidField("content.system", "only the system writes system lines");
  }
  if (content.has_case_() && sender != Sender::KIND_SYSTEM) {
    return InvalidField("content.case", "only the system shows cases");
  }
  if (content.has_rating() && sender != Sender::KIND_BUYER) {
    return InvalidField("content.rating", "only buyers rate");
  }
  if (content.has_recall() && sender == Sender::KIND_SYSTEM) {
    return InvalidField("content.recall", "the system takes nothing back");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckContent(const Content& content, Sender::Kind sender) {
  KEFU_RETURN_IF_ERROR(CheckMaySend(content, sender));
  switch (content.kind_case()) {
    case Content::kText:
      return CheckRequiredText("content.text.body", content.text().body(), domain::kMaxBody);
    case Content::kNote:
      return CheckRequiredText("content.note.body", content.note().body(), domain::kMaxBody);
    case Content::kSystem:
      return CheckSystemLine(content.system());
    case Content::kOrder:
      return CheckOrder(content.order());
    case Content::kProduct:
      return CheckProduct(content.product());
    case Content::kParcel:
      return CheckParcel(content.parcel());
    case Content::kCase:
      return CheckCase(content.case_());
    case Content::kRating:
      return CheckRating(content.rating());
    case Content::kRecall:
      if (content.quoted_seq() != 0)
        return InvalidField("content.quoted_seq", "a recall quotes nothing");
      if (content.recall().recalled_seq() != 0) return absl::OkStatus();
      return InvalidField("content.recall.recalled_seq", "must name an entry");
    case Content::KIND_NOT_SET:
      return InvalidField("content", "must be set");
  }
  return InvalidField("content", "must be of a known kind");
}

absl::Status CheckOpening(const common::v1::Opening& opening) {
  KEFU_RETURN_IF_ERROR(CheckText("opening.language", opening.language(), kMaxLanguage));
  const common::v1::PageContext& page = opening.page();
  KEFU_RETURN_IF_ERROR(CheckUrl("opening.page.url", page.url()));
  KEFU_RETURN_IF_ERROR(CheckText("opening.page.product", page.product(), domain::kMaxReference));
  KEFU_RETURN_IF_ERROR(
      CheckText("opening.page.order_number", page.order_number(), domain::kMaxReference));
  return CheckText("opening.page.tracking_number", page.tracking_number(), domain::kMaxReference);
}

absl::Status CheckDisplayName(std::string_view field, std::string_view name) {
  return CheckText(field, name, domain::kMaxDisplayName);
}

}  // namespace kefu::inquiries::rpc
