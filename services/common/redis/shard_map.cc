#include "services/common/redis/shard_map.h"

#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <set>
#include <sstream>

#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::redis {
namespace {

constexpr char kOnlyCell[] = "only";

absl::Status Malformed(std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_SHARD_FILE", what);
}

int64_t FileTime(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return 0;
  return info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
}

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Malformed("Cannot read the shard file " + path + ".");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::StatusOr<ShardTable> FromYaml(const YAML::Node& root, std::string_view service) {
  ShardTable table;
  if (!root.IsMap() || !root["default"] || !root["cells"].IsMap()) {
    return Malformed("A shard file needs `default` and `cells`.");
  }
  for (const auto& member : root) {
    const std::string name = member.first.as<std::string>();
    if (name != "default" && name != "cells" && name != "shops")
      return Malformed("Unknown key `" + name + "`.");
  }
  table.default_cell = root["default"].as<std::string>();
  for (const auto& cell : root["cells"]) {
    const YAML::Node address = cell.second[std::string(service)];
    if (!address) {
      return Malformed("Cell `" + cell.first.as<std::string>() + "` names no address for " +
                       std::string(service) + ".");
    }
    table.addresses[cell.first.as<std::string>()] = address.as<std::string>();
  }
  if (root["shops"]) {
    for (const auto& shop : root["shops"]) {
      KEFU_RETURN_IF_ERROR(ShopId::Parse(shop.first.as<std::string>()));
      table.shops[shop.first.as<std::string>()] = shop.second.as<std::string>();
    }
  }
  std::set<std::string> named = {table.default_cell};
  for (const auto& [shop, cell] : table.shops) named.insert(cell);
  for (const std::string& cell : named) {
    if (table.addresses.count(cell) == 0)
      return Malformed("Cell `" + cell + "` is not among `cells`.");
  }
  return table;
}

}  // namespace

const std::string& ShardTable::CellOf(std::string_view shop) const {
  const auto found = shops.find(std::string(shop));
  return found == shops.end() ? default_cell : found->second;
}

absl::StatusOr<ShardTable> ParseShardTable(std::string_view yaml, std::string_view service) {
  try {
    return FromYaml(YAML::Load(std::string(yaml)), service);
  } catch (const YAML::Exception& error) {
    return Malformed(error.what());
  }
}

ShardMap::ShardMap(std::string path, std::string service, Endpoint credentials)
    : path_(std::move(path)), service_(std::move(service)), credentials_(std::move(credentials)) {}

absl::StatusOr<std::unique_ptr<ShardMap>> ShardMap::Load(std::string path, std::string service,
                                                         Endpoint credentials) {
  std::unique_ptr<ShardMap> map(
      new ShardMap(std::move(path), std::move(service), std::move(credentials)));
  KEFU_RETURN_IF_ERROR(map->Refresh());
  return map;
}

std::unique_ptr<ShardMap> ShardMap::Single(Endpoint endpoint) {
  const std::string address = endpoint.address;
  std::unique_ptr<ShardMap> map(new ShardMap("", "", std::move(endpoint)));
  absl::MutexLock lock(&map->mutex_);
  map->table_.default_cell = kOnlyCell;
  map->table_.addresses[kOnlyCell] = address;
  map->OfCell(kOnlyCell);
  return map;
}

Client& ShardMap::Of(const ShopId& shop) {
  absl::MutexLock lock(&mutex_);
  return OfCell(table_.CellOf(shop.str()));
}

Client& ShardMap::System() {
  absl::MutexLock lock(&mutex_);
  return OfCell(table_.default_cell);
}

Client& ShardMap::OfCell(const std::string& cell) {
  const std::string& address = table_.addresses.at(cell);
  std::unique_ptr<Client>& client = clients_[address];
  if (!client) {
    Endpoint endpoint = credentials_;
    endpoint.address = address;
    client = std::make_unique<Client>(std::move(endpoint));
  }
  return *client;
}

absl::Status ShardMap::Refresh() {
  if (path_.empty()) return absl::OkStatus();
  const int64_t file_time = FileTime(path_);
  absl::MutexLock lock(&mutex_);
  // Without a file the time is 0, as it is before any was read.
  if (file_time == file_time_ && file_time != 0) return absl::OkStatus();
  KEFU_ASSIGN_OR_RETURN(const std::string text, ReadAll(path_));
  KEFU_ASSIGN_OR_RETURN(table_, ParseShardTable(text, service_));
  file_time_ = file_time;
  for (const auto& [cell, address] : table_.addresses) OfCell(cell);
  log::Info("shard map read", {{"cells", table_.addresses.size()}, {"shops", table_.shops.size()}});
  return absl::OkStatus();
}

bool ShardMap::connected() const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [cell, address] : table_.addresses) {
    const auto client = clients_.find(address);
    if (client == clients_.end() || !client->second->connected()) return false;
  }
  return true;
}

}  // namespace kefu::redis
