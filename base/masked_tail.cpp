#include "base/masked_tail.h"

#include <algorithm>

namespace ebbgate {

void MaskedTail::add(std::string_view bytes) {
  const std::size_t kept = most_ + secrets_.longest();
  end_ += bytes.substr(bytes.size() - std::min(bytes.size(), kept));
  if (end_.size() > kept) end_.erase(0, end_.size() - kept);
}

std::string MaskedTail::text() const {
  return secrets_.find(end_).masked(end_, end_.size() - std::min(end_.size(), most_), end_.size());
}

}  // namespace ebbgate
