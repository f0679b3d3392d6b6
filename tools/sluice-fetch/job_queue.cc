#include "job_queue.h"

namespace sluice::tools::fetch {

JobQueue::JobQueue(const std::vector<FetchJob>& jobs, std::size_t most) : most_(most) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Url& url = jobs[i].url;
    Host& host = hosts_[url.host.value_or("") + ':' + url.port.value_or("")];
    host.waiting.insert(i);
    host_of_.push_back(&host);
  }
  for (auto& [name, host] : hosts_) offer(host);
}

void JobQueue::offer(Host& host) {
  if (host.waiting.empty() || (most_ != 0 && host.active >= most_)) return;
  ready_.emplace(*host.waiting.begin(), &host);
}

std::optional<std::size_t> JobQueue::next() {
  if (ready_.empty()) return {};
  const auto [job, host] = *ready_.begin();
  ready_.erase(ready_.begin());
  host->waiting.erase(job);
  ++host->active;
  offer(*host);
  return job;
}

void JobQueue::ended(std::size_t job) {
  Host& host = *host_of_[job];
  --host.active;
  offer(host);
}

void JobQueue::again(std::size_t job) {
  Host& host = *host_of_[job];
  if (!host.waiting.empty()) ready_.erase(*host.waiting.begin());
  host.waiting.insert(job);
  offer(host);
}

}  // namespace sluice::tools::fetch
