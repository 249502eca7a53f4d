#include "storage/wal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <vector>

#include "storage/files.h"

namespace ebbgate::storage {

namespace {

// As published in "WAL-mode File Format" (sqlite.org/walformat.html); all numbers are big-endian.
constexpr std::uint32_t kWalMagic = 0x377f0682;  // the lowest bit: checksums over big-endian words
constexpr std::uint32_t kFormatVersion = 3007000;
constexpr std::size_t kChecksummedHeader = 24;
constexpr std::size_t kFrameHeaderSize = 24;
constexpr std::size_t kChecksummedFrameHeader = 8;

using Bytes = std::span<const std::uint8_t>;

std::uint32_t big_endian(Bytes bytes, std::size_t offset) {
  return static_cast<std::uint32_t>(bytes[offset]) << 24U |
         static_cast<std::uint32_t>(bytes[offset + 1]) << 16U |
         static_cast<std::uint32_t>(bytes[offset + 2]) << 8U |
         static_cast<std::uint32_t>(bytes[offset + 3]);
}

class Checksum {
 public:
  explicit Checksum(bool big_endian_words) : big_endian_words_(big_endian_words) {}

  void add(Bytes bytes) {
    for (std::size_t offset = 0; offset + 8 <= bytes.size(); offset += 8) {
      first_ += word(bytes, offset) + second_;
      second_ += word(bytes, offset + 4) + first_;
    }
  }
  bool equals(Bytes bytes, std::size_t offset) const {
    return first_ == big_endian(bytes, offset) && second_ == big_endian(bytes, offset + 4);
  }

 private:
  std::uint32_t word(Bytes bytes, std::size_t offset) const {
    const std::uint32_t value = big_endian(bytes, offset);
    return big_endian_words_ ? value : __builtin_bswap32(value);
  }

  bool big_endian_words_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

bool read_exactly(const Descriptor& file, std::vector<std::uint8_t>& buffer) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t length = ::read(file.get(), buffer.data() + done, buffer.size() - done);
    if (length < 0 && errno == EINTR) {
      continue;
    }
    if (length < 0) {
      throw_errno("cannot read the write-ahead log");
    }
    if (length == 0) {
      return false;
    }
    done += static_cast<std::size_t>(length);
  }
  return true;
}

}  // namespace

std::filesystem::path wal_of(const std::filesystem::path& database) {
  return with_ending(database, "-wal");
}

WalReading read_wal(const std::filesystem::path& wal) {
  WalReading reading;
  const Descriptor file = open_regular(wal, O_RDONLY | O_NOFOLLOW);
  if (!file) {
    if (errno == ENOENT) {
      return reading;
    }
    throw_errno("cannot open " + wal.string());
  }
  reading.exists = size_of_file(wal).value_or(0) > 0;
  std::vector<std::uint8_t> header(kWalHeaderSize);
  if (!read_exactly(file, header) || (big_endian(header, 0) & ~1U) != kWalMagic ||
      big_endian(header, 4) != kFormatVersion) {
    return reading;
  }
  const std::size_t page_size = big_endian(header, 8);
  if (page_size < 512 || page_size > 65536 || (page_size & (page_size - 1)) != 0) {
    return reading;
  }
  Checksum checksum((big_endian(header, 0) & 1U) != 0);
  checksum.add(Bytes(header).first(kChecksummedHeader));
  if (!checksum.equals(header, kChecksummedHeader)) {
    return reading;
  }
  std::vector<std::uint8_t> frame(kFrameHeaderSize + page_size);
  bool good = true;
  int commits_behind = 0;  // from the first bad frame on, its own transaction's included
  for (std::uint32_t number = 1; read_exactly(file, frame); ++number) {
    const bool of_this_log = big_endian(frame, 8) == big_endian(header, 16) &&
                             big_endian(frame, 12) == big_endian(header, 20);
    const bool ends_a_transaction = big_endian(frame, 4) != 0;
    if (good) {
      checksum.add(Bytes(frame).first(kChecksummedFrameHeader));
      checksum.add(Bytes(frame).subspan(kFrameHeaderSize));
      good = of_this_log && big_endian(frame, 0) != 0 && checksum.equals(frame, 16);
    }
    if (good && ends_a_transaction) {
      reading.frames = number;
    } else if (!good && of_this_log && ends_a_transaction) {
      ++commits_behind;
    }
  }
  reading.damaged = commits_behind > 1;
  return reading;
}

}  // namespace ebbgate::storage
