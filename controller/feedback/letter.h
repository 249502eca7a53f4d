#pragma once

#include <cstdint>

#include "controller/feedback/message.h"

namespace ebbgate::feedback {

/// A message on its way to one peer.
struct Letter {
  enum class Kept : std::uint8_t {
    no,
    soon,  ///< its row is on its way to the store, but may not have been submitted yet
    yes,   ///< a row of it was submitted
  };
  Message message;
  std::uint64_t number = 0;  ///< within the peer, in the order of sending; from 1
  int attempts = 0;          ///< that it had
  Kept kept = Kept::no;
};

}  // namespace ebbgate::feedback
