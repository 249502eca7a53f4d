#include "controller/commands/status.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/unicode.h"
#include "controller/commands/peer_table.h"
#include "controller/commands/process_notes.h"
#include "controller/commands/seen.h"
#include "controller/commands/workload_table.h"
#include "controller/configuration/nearest.h"

namespace ebbgate::commands {

namespace {

using nlohmann::json;

struct Seen {
  json as_json;
  SeenProcess process;
  std::vector<SeenWorkload> workloads;
  std::vector<SeenPeer> peers;
  std::vector<std::string> namespaces;  // of all workloads, where none passes the filter
};

// What to say where the filter leaves nothing: whether that is the filter's fault or nothing is
// wrong.
std::string none_of(const std::vector<std::string>& namespaces, const WorkloadFilter& filter) {
  const std::string& wanted = filter.namespace_name;
  if (namespaces.empty()) return "no workloads";
  const auto within =
      wanted.empty() ? std::ssize(namespaces) : std::ranges::count(namespaces, wanted);
  if (within == 0) {
    const std::set<std::string> known(namespaces.begin(), namespaces.end());
    const std::string near = configuration::nearest(wanted, {known.begin(), known.end()});
    return "no workload is in a namespace " + printable(wanted) +
           (near.empty() ? "; `ebbgate status` lists all " + std::to_string(namespaces.size())
                         : "; did you mean " + printable(near) + "?");
  }
  const std::string place = wanted.empty() ? "" : " in the namespace " + printable(wanted);
  return "none of the " + std::to_string(within) + (within == 1 ? " workload" : " workloads") +
         place + " is " + filter.state;
}

class StatusView final : public View {
 public:
  explicit StatusView(const StatusOptions& options)
      : options_(options),
        client_(
            ApiClient::at_url(options.url, options.show.watch ? kPatienceOfWatches : Patience())) {}

  Answer look() override {
    json workloads;
    json peers;
    json process;
    Answer answer = client_.all_workloads(workloads, options_.filter);
    if (answer.error.empty()) answer = client_.all_peers(peers);
    if (answer.error.empty()) answer = client_.process(process);
    if (!answer.error.empty()) return answer;
    Seen seen;
    if (workloads.empty() && filtered() && !options_.show.json) {
      answer = look_at_namespaces(seen.namespaces);
      if (!answer.error.empty()) return answer;
    }
    try {
      seen.process = process_from(process);
      for (const json& workload : workloads) seen.workloads.push_back(workload_from(workload));
      for (const json& peer : peers) seen.peers.push_back(peer_from(peer));
    } catch (const json::exception&) {
      return not_understood();
    }
    if (options_.show.json) {
      seen.as_json = {{"items", std::move(workloads)},
                      {"feedback", std::move(peers)},
                      {"process", std::move(process)}};
    }
    seen_ = std::move(seen);
    return answer;
  }

  std::string as_json() const override {
    // Why it is not ready is text from outside, and may be no UTF-8.
    return seen_.as_json.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  Page page(WallTime now, const Display& display) const override {
    Page page;
    page.head = process_notes(seen_.process, display.width);
    if (!page.head.empty()) page.head.emplace_back();
    const bool whole = options_.all || !options_.filter.state.empty() || !display.terminal;
    WorkloadTable table = workload_table(seen_.workloads, whole, now, display.width);
    if (!table.blocks.empty()) {
      page.head.insert(page.head.end(), table.blocks.front().begin(), table.blocks.front().end());
      page.rows.assign(table.blocks.begin() + 1, table.blocks.end());
      page.foot.emplace_back();
    }
    if (seen_.workloads.empty() && filtered()) {
      table.summary =
          paragraph({}, none_of(seen_.namespaces, options_.filter), Tone::plain, display.width);
    }
    page.foot.insert(page.foot.end(), table.summary.begin(), table.summary.end());
    if (!seen_.peers.empty()) {
      page.foot.emplace_back();
      for (const auto& row : peer_table(seen_.peers, now, display.width)) {
        page.foot.insert(page.foot.end(), row.begin(), row.end());
      }
    }
    return page;
  }

 private:
  bool filtered() const {
    return !options_.filter.namespace_name.empty() || !options_.filter.state.empty();
  }

  Answer look_at_namespaces(std::vector<std::string>& namespaces) {
    json all;
    Answer answer = client_.all_workloads(all);
    if (!answer.error.empty()) return answer;
    try {
      for (const json& each : all) namespaces.push_back(each.at("namespace"));
    } catch (const json::exception&) {
      return not_understood();
    }
    return answer;
  }

  const StatusOptions& options_;
  ApiClient client_;
  Seen seen_;
};

}  // namespace

int show_status(const StatusOptions& options, const Clock& clock, std::ostream& out,
                std::ostream& err) {
  StatusView view(options);
  return show(view, options.show, "ebbgate status", clock, out, err);
}

}  // namespace ebbgate::commands
