#include "controller/commands/explain.h"

#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/percent_encoding.h"
#include "base/text.h"
#include "controller/commands/explanation.h"
#include "controller/commands/seen.h"

namespace ebbgate::commands {

namespace {

using nlohmann::json;

class ExplainView final : public View {
 public:
  explicit ExplainView(const ExplainOptions& options)
      : options_(options),
        client_(
            ApiClient::at_url(options.url, options.show.watch ? kPatienceOfWatches : Patience())) {}

  Answer look() override {
    Answer answer = key_ ? Answer() : resolved();
    if (!answer.error.empty()) return answer;
    const WorkloadKey& key = *key_;
    answer = client_.get(path_of(key));
    if (answer.status == 404) answer.error += client_.nearest_to(key);
    if (!answer.error.empty()) return answer;
    Answer past = client_.get("/api/v1/history?workload=" + percent_encode(key.text()) +
                              "&limit=" + std::to_string(options_.history));
    if (!past.error.empty()) return past;
    try {
      json workload = json::parse(answer.body);
      json history = json::parse(past.body).at("items");
      Explained seen{workload_from(workload), {}};
      for (SeenAdvice& advice : seen.workload.advice) {
        if (advice.takes_url) {
          advice.command += " --url " + shell_word(without_password(options_.url));
        }
      }
      for (const json& event : history) seen.history.push_back(event_from(event));
      seen_ = std::move(seen);
      json_ = {{"workload", std::move(workload)}, {"history", std::move(history)}};
    } catch (const json::exception&) {
      return not_understood();
    }
    return answer;
  }

  std::string as_json() const override { return json_.dump(); }

  Page page(WallTime now, const Display& display) const override {
    return explanation(seen_, now, display.width);
  }

 private:
  // Once: a watch stays with the workload that was meant at first.
  Answer resolved() {
    WorkloadKey key;
    Answer answer = resolve(client_, options_.workload, key);
    if (answer.error.empty()) key_ = std::move(key);
    return answer;
  }

  const ExplainOptions& options_;
  ApiClient client_;
  std::optional<WorkloadKey> key_;
  Explained seen_;
  json json_;
};

}  // namespace

int explain(const ExplainOptions& options, const Clock& clock, std::ostream& out,
            std::ostream& err) {
  ExplainView view(options);
  return show(view, options.show, "ebbgate explain", clock, out, err);
}

}  // namespace ebbgate::commands
