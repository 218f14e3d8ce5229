#include "gateway/triage/triage.h"

namespace kefu::gateway {
namespace {

common::v1::Category CategoryOf(const common::v1::PageContext& page) {
  if (!page.tracking_number().empty()) return common::v1::CATEGORY_LOGISTICS;
  if (!page.order_number().empty()) return common::v1::CATEGORY_ORDER;
  if (!page.product().empty()) return common::v1::CATEGORY_PRE_SALE;
  return common::v1::CATEGORY_UNSPECIFIED;
}

}  // namespace

v1::Triage TriageOf(const common::v1::Opening& opening) {
  v1::Triage triage;
  if (opening.category() != common::v1::CATEGORY_UNSPECIFIED) {
    triage.set_category(opening.category());
    triage.set_source(v1::Triage::SOURCE_BUYER);
    return triage;
  }
  triage.set_category(CategoryOf(opening.page()));
  if (triage.category() != common::v1::CATEGORY_UNSPECIFIED)
    triage.set_source(v1::Triage::SOURCE_PAGE);
  return triage;
}

std::string_view NameOf(common::v1::Priority priority) {
  switch (priority) {
    case common::v1::PRIORITY_MEMBER:
      return "member";
    case common::v1::PRIORITY_VIP:
      return "vip";
    case common::v1::PRIORITY_URGENT:
      return "urgent";
    default:
      return "";
  }
}

}  // namespace kefu::gateway
