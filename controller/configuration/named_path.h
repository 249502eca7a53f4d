#pragma once

#include <string>

namespace ebbgate::configuration {

/// Something of the file system that a configuration names and that should be there, but need not
/// be at every moment.
struct NamedPath final {
  enum class Kind {
    watched,             ///< a file or folder, absolute
    program,             ///< a command's first word
    socket_folder,       ///< the folder of a Unix socket that another program listens on, absolute
    admin_socket,        ///< where Ebbgate is to listen itself: a start fails where it cannot
    usual_admin_socket,  ///< the same, but a start goes on without it
  };

  Kind kind = Kind::watched;
  std::string place;  ///< `FILE:LINE: KEY`, or a flag or variable
  std::string path;

  bool operator==(const NamedPath&) const = default;
};

}  // namespace ebbgate::configuration
