#include "controller/commands/status.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "controller/commands/peer_table.h"
#include "controller/commands/process_notes.h"
#include "controller/commands/seen.h"
#include "controller/commands/workload_table.h"

namespace ebbgate::commands {

namespace {

using nlohmann::json;

struct Seen {
  json as_json;
  SeenProcess process;
  std::vector<SeenWorkload> workloads;
  std::vector<SeenPeer> peers;
};

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
