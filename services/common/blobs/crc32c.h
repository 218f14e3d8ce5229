// CRC32C (Castagnoli), the checksum of everything that lies in files.
#pragma once

#include <cstdint>
#include <string_view>

namespace kefu::blobs {

uint32_t Crc32c(std::string_view bytes);

}  // namespace kefu::blobs
