#include "services/logistics/status_file.h"

#include <gtest/gtest.h>

#include <string>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"

namespace kefu::logistics {
namespace {

StatusTable Shipped() {
  const std::string path = std::string(KEFU_SOURCE_DIR) + "/deploy/config/shipment_statuses.yaml";
  const auto text = config::ReadFile(path);
  EXPECT_TRUE(text.ok()) << text.status();
  const auto table = ParseStatusFile(*text);
  EXPECT_TRUE(table.ok()) << table.status();
  return *table;
}

std::string Said(const StatusTable& table, std::string_view source, std::string_view code) {
  const auto meaning = table.Find(source, code);
  if (!meaning) return "unknown";
  std::string said(NameOf(meaning->status));
  if (!meaning->substatus.empty()) said += "/" + meaning->substatus;
  return said;
}

struct Row {
  const char* status;
  std::vector<const char*> kuaidi100;
  std::vector<const char*> aftership;
};

// The table of INTEGRATIONS.md, section 2, written down once more.
const std::vector<Row>& Rows() {
  static const auto* rows = new std::vector<Row>{
      {"PENDING",
       {},
       {"Pending", "Pending_001", "Pending_002", "Pending_003", "Pending_004", "Pending_005",
        "Pending_006"}},
      {"INFO_RECEIVED", {"101", "102"}, {"InfoReceived", "InfoReceived_001"}},
      {"PICKED_UP", {"1", "103"}, {"InTransit_002"}},
      {"IN_TRANSIT",
       {"0", "1001", "1002", "1003", "7", "8", "10", "11", "12"},
       {"InTransit", "InTransit_001", "InTransit_003", "InTransit_004", "InTransit_005",
        "InTransit_006", "InTransit_007", "InTransit_008", "InTransit_009"}},
      {"OUT_FOR_DELIVERY",
       {"5"},
       {"OutForDelivery", "OutForDelivery_001", "OutForDelivery_003", "OutForDelivery_004"}},
      {"AVAILABLE_FOR_PICKUP",
       {"501"},
       {"AvailableForPickup", "AvailableForPickup_001", "OutForDelivery_002"}},
      {"ATTEMPT_FAILED",
       {"204", "206"},
       {"AttemptFail", "AttemptFail_001", "AttemptFail_002", "AttemptFail_003"}},
      {"DELIVERED",
       {"3", "301", "302", "303", "304"},
       {"Delivered", "Delivered_001", "Delivered_002", "Delivered_003", "Delivered_004"}},
      {"EXCEPTION",
       {"2", "13", "14", "201", "202", "203", "205", "207", "208", "209"},
       {"Exception", "Exception_001", "Exception_002", "Exception_003", "Exception_004",
        "Exception_005", "Exception_006", "Exception_007", "Exception_008", "Exception_009",
        "Exception_012"}},
      {"RETURNING", {"6"}, {"Exception_010"}},
      {"RETURNED", {"4"}, {"Exception_011"}},
      {"CANCELLED", {"210", "401"}, {}},
      {"LOST", {}, {"Exception_013"}},
      {"EXPIRED", {"abort"}, {"Expired", "Expired_001"}},
  };
  return *rows;
}

TEST(StatusFile, TheShippedTableSaysWhatTheSpecificationSays) {
  const StatusTable table = Shipped();
  for (const Row& row : Rows()) {
    for (const char* code : row.kuaidi100)
      EXPECT_EQ(NameOf(table.Find("kuaidi100", code).value_or(Meaning{}).status), row.status)
          << code;
    for (const char* code : row.aftership)
      EXPECT_EQ(NameOf(table.Find("aftership", code).value_or(Meaning{}).status), row.status)
          << code;
  }
}

TEST(StatusFile, SubstatusesTellMore) {
  const StatusTable table = Shipped();
  EXPECT_EQ(Said(table, "kuaidi100", "8"), "IN_TRANSIT/CUSTOMS");
  EXPECT_EQ(Said(table, "kuaidi100", "12"), "IN_TRANSIT/CUSTOMS_CLEARED");
  EXPECT_EQ(Said(table, "kuaidi100", "304"), "DELIVERED/LOCKER");
  EXPECT_EQ(Said(table, "aftership", "Exception_004"), "EXCEPTION/CUSTOMS");
  EXPECT_EQ(Said(table, "aftership", "AttemptFail_002"), "ATTEMPT_FAILED/ABSENT");
}

TEST(StatusFile, AnUnknownSubtagFallsBackToItsTagOnlyWhereTheTableSaysSo) {
  const StatusTable table = Shipped();
  EXPECT_EQ(Said(table, "aftership", "InTransit_099"), "IN_TRANSIT");
  EXPECT_EQ(Said(table, "aftership", "Teleported_001"), "unknown");
  EXPECT_EQ(Said(table, "kuaidi100", "3_1"), "unknown");
  EXPECT_EQ(Said(table, "kuaidi100", "999"), "unknown");
  EXPECT_EQ(Said(table, "nobody", "3"), "unknown");
}

TEST(StatusFile, CarriersHaveTheNamesTheShopsUse) {
  const StatusTable table = Shipped();
  EXPECT_EQ(table.CarrierOf("aftership", "sf-express"), "shunfeng");
  EXPECT_EQ(table.CarrierOf("aftership", "ups"), "ups");
  EXPECT_EQ(table.CarrierOf("nobody", "ups"), "ups");
}

TEST(StatusFile, ANoteSaysNothing) {
  const auto table = ParseStatusFile("sources: {sf: {codes: {'135': NOTE}}}");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->Find("sf", "135"), Meaning{});
}

struct BadFile {
  const char* yaml;
  const char* says;
};

TEST(StatusFile, MistakesNameTheirLine) {
  const BadFile cases[] = {
      {"sources:\n  a1:\n    codes:\n      x: DELIVRED\n", "Line 4: there is no status"},
      {"sources:\n  a1:\n    codez: {}\n", "Line 3: unknown key \"codez\""},
      {"source: {}\n", "Line 1: unknown key \"source\""},
      {"sources:\n  a1:\n    codes:\n      x: DELIVERED\n      x: LOST\n", "Line 5: the code"},
      {"sources:\n  a1:\n    codes:\n      x: DELIVERED/locker\n", "Line 4: a substatus"},
      {"sources:\n  a1:\n    codes:\n      x: [DELIVERED]\n", "Line 4: a code's meaning"},
      {"sources:\n  a1:\n    fallback: suffix\n    codes: {x: LOST}\n", "Line 3: the fallback"},
      {"sources:\n  a1:\n    fallback: prefix\n", "the source has no codes"},
      {"sources:\n  A1: {codes: {x: LOST}}\n", "Line 2: a source is"},
      {"sources:\n  a1:\n    codes: {x: LOST}\n    carriers: {DHL: dhl}\n", "Line 4: a carrier is"},
      {"sources: {}\n", "there are no sources"},
      {"- a\n", "the file is a map"},
      {"sources: [\n", "Line "},
      {"", "the file is a map"},
  };
  for (const BadFile& c : cases) {
    const auto table = ParseStatusFile(c.yaml);
    ASSERT_FALSE(table.ok()) << c.yaml;
    EXPECT_EQ(ErrorReason(table.status()), "BAD_STATUS_FILE");
    EXPECT_NE(FromAbsl(table.status().message()).find(c.says), std::string_view::npos)
        << table.status();
  }
}

}  // namespace
}  // namespace kefu::logistics
