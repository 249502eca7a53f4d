#include "controller/configuration/peer_reader.h"

#include "controller/configuration/paths.h"
#include "controller/configuration/section_reader.h"
#include "controller/configuration/values.h"

namespace ebbgate::configuration {

namespace {

constexpr std::int64_t kLargestCount = 1'000'000;
constexpr int kHighestLevel = 64;  // that the database takes
constexpr std::size_t kSmallestMessage = 1024;
constexpr std::size_t kLargestMessage = std::size_t{1024} * 1024;

// A whole number from 1, as what `Number` is.
template <class Number>
Problem read_count(std::string_view text, Number& value) {
  std::int64_t number = 0;
  Problem problem = read_whole_number(text, 1, kLargestCount, number);
  if (!problem) value = static_cast<Number>(number);
  return problem;
}

Problem read_message_size(std::string_view text, std::size_t& value) {
  return read_size(text, kSmallestMessage, kLargestMessage, value);
}

}  // namespace

std::vector<feedback::PeerSettings> PeerReader::read(const Entry& list) {
  const std::string path = "feedback";
  std::vector<feedback::PeerSettings> peers;
  const auto& items = MapReader::list(list, path, problems_);
  for (std::size_t i = 0; i < items.size(); ++i) {
    peers.push_back(read_peer({items[i], items[i]->line}, item_path(path, i)));
  }
  return peers;
}

feedback::PeerSettings PeerReader::read_peer(const Entry& entry, const std::string& path) {
  static const std::vector<std::string> known = {"name",        "socket",   "queue",
                                                 "outcomes",    "timeouts", "attempts",
                                                 "max_message", "require",  "reconnect"};
  const MapReader map(entry, path, known, problems_);
  feedback::PeerSettings peer;
  if (entry.node->kind == Node::Kind::scalar || entry.node->kind == Node::Kind::list) return peer;
  read_name_of(map, peer);
  read_socket(map, peer);
  map.read("queue", read_count<std::size_t>, peer.queue);
  map.read("outcomes", read_switch, peer.outcomes);
  read_timeouts(map, peer);
  map.read("attempts", read_count<int>, peer.attempts);
  map.read("max_message", read_message_size, peer.max_message);
  read_requirements(map, peer);
  read_reconnect(map, peer);
  return peer;
}

void PeerReader::read_name_of(const MapReader& map, feedback::PeerSettings& peer) {
  const Entry entry = map.find("name");
  if (!entry) return map.problem("name", "is missing; write a name");
  if (!map.read("name", read_name, peer.name)) return;
  const auto [found, is_new] = names_.try_emplace(peer.name, entry.line);
  if (is_new) return;
  map.problem("name", in_quotes(peer.name) + " is already the peer of line " +
                          std::to_string(found->second) + "; give each a name of its own");
}

void PeerReader::read_socket(const MapReader& map, feedback::PeerSettings& peer) {
  const Entry entry = map.find("socket");
  if (!entry) {
    return map.problem("socket", "is missing; name the Unix socket that the peer listens on");
  }
  if (!map.read("socket", read_path, peer.socket)) return;
  peer.socket = resolved(folder_, peer.socket);
  if (const std::string wrong = socket_path_problem(peer.socket); !wrong.empty()) {
    return map.problem("socket", wrong);
  }
  const auto [found, is_new] = sockets_.try_emplace(peer.socket, entry.line);
  if (is_new) {
    return paths_.push_back({NamedPath::Kind::socket_folder,
                             problems_.at_line(entry.line, map.path_of("socket")),
                             std::filesystem::path(peer.socket).parent_path().string()});
  }
  map.problem("socket", in_quotes(peer.socket) + " is already the socket of line " +
                            std::to_string(found->second) + "; give each peer one of its own");
}

void PeerReader::read_timeouts(const MapReader& map, feedback::PeerSettings& peer) {
  const Entry entry = map.find("timeouts");
  if (!entry) return;
  const MapReader timeouts(entry, map.path_of("timeouts"), {"dial", "write", "ack"}, problems_);
  timeouts.read("dial", read_positive_duration, peer.dial_timeout);
  timeouts.read("write", read_positive_duration, peer.write_timeout);
  timeouts.read("ack", read_positive_duration, peer.ack_timeout);
}

void PeerReader::read_requirements(const MapReader& map, feedback::PeerSettings& peer) {
  const Entry entry = map.find("require");
  if (!entry) return;
  const MapReader requirements(entry, map.path_of("require"), {"owner", "mode"}, problems_);
  requirements.read("owner", read_owner, peer.required_owner);
  requirements.read("mode", read_mode, peer.required_mode);
}

// As the retries of updates, under another name.
void PeerReader::read_reconnect(const MapReader& map, feedback::PeerSettings& peer) {
  Settings values;
  values.retry = peer.reconnect;
  SectionReader reader(map, values, problems_);
  reader.read("retry", "reconnect");
  peer.reconnect = reader.values().retry;
  std::vector<std::string> misfits = governor::validate({}, {}, peer.reconnect);
  governor::RetrySettings unvaried = peer.reconnect;
  unvaried.jitter = governor::Jitter::none;
  if (misfits.empty() && unvaried.factor > 1 &&
      governor::retry_delay(unvaried, kHighestLevel, 0) < unvaried.max) {
    misfits.emplace_back(
        "retry.factor: so small that max is not reached within 64 levels; raise it, or retry.base");
  }
  reader.report(misfits);
}

}  // namespace ebbgate::configuration
