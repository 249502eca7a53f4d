#include "controller/kubernetes/config_object.h"

#include <algorithm>

namespace ebbgate::kubernetes {

bool Interest::covers(const Interest& other) const {
  return (whole || !other.whole) && std::ranges::includes(keys, other.keys);
}

}  // namespace ebbgate::kubernetes
